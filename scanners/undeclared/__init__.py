"""What nobody declared: in the lineage, in columns, in files, and columns that join to people.

    told = scan_undeclared(looking, progress=lambda _target, _done, _of: None)

What is seen becomes mismatches in the ledger (`rtbf_ledger.undeclared`), each opened once; nothing that is
kept or told holds a value or a path (`docs/formats/undeclared.md`).
"""
