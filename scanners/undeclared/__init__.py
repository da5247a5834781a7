"""What nobody declared: in the lineage, in columns, in files, and columns that join to people."""
