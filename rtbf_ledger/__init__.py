"""REMEMBERS requests, batches, leases, holds, the vault, tombstones, the log and certificates."""
