"""Erasing in files as they lie there, without Dagster, ledger or settings: what `rtbf files` does."""
