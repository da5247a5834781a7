"""ERASES: intake, identity, plan, erasers, rebuilds, verify, certify, and the Dagster jobs that run them."""
