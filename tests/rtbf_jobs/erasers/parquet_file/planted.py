"""Edits a Parquet file's footer, to plant what other writers write and pyarrow does not."""

from rtbf_jobs.erasers.parquet_file import footer as names
from rtbf_jobs.erasers.parquet_file.footer import closed, read_footer
from rtbf_jobs.erasers.parquet_file.source import local
from rtbf_jobs.erasers.parquet_file.thrift import Struct


def edited(path, change):
    """Let a function change the footer's structure, and write it back."""
    with local(path) as source:
        found = read_footer(source)
    footer = Struct.read(found.raw)
    change(footer)
    path.write_bytes(path.read_bytes()[: found.start] + closed(footer.write()))
    return path


def chunks(footer):
    """Yield every column chunk's structure."""
    for group in footer.get(names.ROW_GROUPS).items:
        yield from group.get(names.G_COLUMNS).items


def metas(footer):
    """Yield every column chunk's metadata."""
    return (chunk.get(names.C_META) for chunk in chunks(footer))


def on_statistics(change):
    """Return a change of the footer that changes every chunk's statistics."""

    def all_of_them(footer):
        for meta in metas(footer):
            change(meta.get(names.M_STATISTICS))

    return all_of_them
