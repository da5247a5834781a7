"""One Parquet file: what is in it, where the subjects are, and the new file without them."""
