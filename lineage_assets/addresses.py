"""What stands right behind an e-mail address and is no part of it: `jo@x.org.csv`, `jo@x.org_old`.

Endings of files that are no top-level domain (so not `zip`, `md`, `py`), numbers, and all from an underscore
on, which no host name has. Format: `docs/formats/identifiers.md`.
"""

FILE_ENDS = (
    *("avro", "bak", "bz2", "cfg", "conf", "csv", "dat", "db", "doc", "docx", "eml", "err", "feather", "gz"),
    *("htm", "html", "ics", "jpeg", "jpg", "json", "jsonl", "log", "lz4", "mbox", "msg", "ndjson", "old"),
    *("orc", "orig", "out", "parq", "parquet", "pdf", "pkl", "png", "pq", "snappy", "sql", "sqlite", "swp"),
    *("tar", "tmp", "tsv", "txt", "vcf", "xls", "xlsx", "xml", "yaml", "yml", "zst"),
)
ENDING = rf"\.(?:{'|'.join(FILE_ENDS)}|[0-9]+)"
"""One such ending; any case is meant. Understood by `re` and by RE2."""
MAY_GO_ON = rf"(?i)@[^@]*_|@[^@]*{ENDING}$"
"""What matches runs around an @ that hold such a thing."""
WITHOUT = rf"(?i)^([^@]*@[^@_]*?)(?:(?:{ENDING})*_[^@]*|(?:{ENDING})+)$"
"""What matches these runs whole; its group is the address."""
