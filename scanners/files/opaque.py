"""Files whose bytes do not show what they hold: packed by column or page, encrypted, or text of other widths.

What a compressor made as a whole (gzip, zip, ...) is refused where files are listed (`residual.files`).
"""

MAGICS = {
    b"ORC": "it is ORC",
    b"Obj\x01": "it is Avro",
    b"ARROW1": "it is Arrow or Feather",
    b"FEA1": "it is Feather",
    b"\x89HDF": "it is HDF5",
    b"SQLite format 3\0": "it is an SQLite database",
    b"%PDF": "it is PDF",
    b"7z\xbc\xaf\x27\x1c": "it is packed",
    b"Rar!": "it is packed",
    b"\xff\x06\0\0sNaPpY": "it is packed",
    b"LZIP": "it is packed",
    b"age-encryption.org": "it is encrypted",
    b"Salted__": "it is encrypted",
    b"-----BEGIN PGP MESSAGE": "it is encrypted",
    b"\xfe\xff": "it is UTF-16 text of the other byte order",
    b"\xff\xfe\0\0": "it is UTF-32 text",
    b"\0\0\xfe\xff": "it is UTF-32 text",
}
DUCKDB, DUCKDB_AT = b"DUCK", 8
HEAD = 32


def opaque(head: bytes) -> str | None:
    """Return what a file is, as part of a sentence, where its bytes would show nothing; else None.

    Args:
        head: its first `HEAD` bytes.
    """
    if head[DUCKDB_AT:].startswith(DUCKDB):
        return "it is a DuckDB database"
    return next((kind for magic, kind in MAGICS.items() if head.startswith(magic)), None)
