"""What nobody declared: lineage, personal columns, files that belong to nobody, columns that join to people."""
