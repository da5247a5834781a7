"""Row groups as the engine can work on them."""

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from rtbf_jobs.erasers.parquet_file.shape import plain_schema


def read_group(file: pq.ParquetFile, group: int, **more: Any) -> pa.Table:
    """Return a row group; string and binary views come as strings and bytes, since no view can be filtered.

    Args:
        file: the file, open in the engine.
        group: the row group's number.
        more: what `ParquetFile.read_row_group` takes.
    """
    table = file.read_row_group(group, **more)
    return table.cast(plain_schema(table.schema)) if "_view" in str(table.schema.types) else table
