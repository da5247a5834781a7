"""A Parquet file's footer, read and checked before any engine is asked: engines can end the process over it.

Field numbers are those of parquet.thrift (apache/parquet-format).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from scanners.residual.thrift import ThriftError, read_struct

MAGIC, TAIL = b"PAR1", 8
SCHEMA, ROWS, GROUPS = 2, 3, 4
COLUMNS, GROUP_ROWS = 1, 3
META, OFFSET_INDEX, OFFSET_INDEX_LENGTH, INDEX, INDEX_LENGTH, CRYPTO, ENCRYPTED_META = 3, 4, 5, 6, 7, 8, 9
KIND, PATH, CODEC, VALUES, UNPACKED_SIZE, SIZE, DATA, DICTIONARY, STATISTICS, BLOOM, BLOOM_LENGTH = (
    *(1, 3, 4, 5, 6, 7, 9, 11, 12, 14, 15),
)
_REPETITION, _CHILDREN, _REPEATED = 3, 5, 2
_FOOTER = {SCHEMA: list, ROWS: int, GROUPS: list}
_GROUP = {COLUMNS: list, GROUP_ROWS: int}
_ELEMENT = {_REPETITION: int, 4: bytes, _CHILDREN: int}
_CHUNK = {
    META: dict,
    **dict.fromkeys((OFFSET_INDEX, OFFSET_INDEX_LENGTH, INDEX, INDEX_LENGTH), int),
}
_META = {
    **dict.fromkeys((KIND, CODEC, VALUES, UNPACKED_SIZE, SIZE, DATA, DICTIONARY, BLOOM, BLOOM_LENGTH), int),
    PATH: list,
    STATISTICS: dict,
}
_NEEDED = frozenset({KIND, PATH, CODEC, VALUES, UNPACKED_SIZE, SIZE, DATA})


def read_footer(raw: Any) -> tuple[dict[int, Any], int]:
    """Return the footer of a Parquet file's bytes, and where it begins.

    Raises:
        ThriftError: it cannot be read, contradicts itself, or leads outside the file.
    """
    length = int.from_bytes(raw[-TAIL:-4], "little")
    start = len(raw) - TAIL - length
    if raw[-4:] != MAGIC or start < len(MAGIC):
        raise ThriftError("no footer")
    footer, _ = read_struct(raw[start:-TAIL], 0)
    _check(footer, start)
    return footer, start


def chunks_of(footer: Mapping[int, Any]) -> Iterator[dict[int, Any]]:
    """Yield the column chunks of a footer."""
    return (chunk for group in footer[GROUPS] for chunk in group[COLUMNS])


def start_of(meta: Mapping[int, Any]) -> int:
    """Return where the first page of a chunk begins."""
    return min((at for at in (meta.get(DICTIONARY), meta.get(DATA)) if at), default=0)


def spans_of(chunk: Mapping[int, Any]) -> list[tuple[int, int]]:
    """Return where the parts of a column chunk begin, and their bytes; (0, 0) where there is none."""
    meta = chunk.get(META, {})
    return [
        (start_of(meta), meta.get(SIZE, 0)),
        (meta.get(BLOOM, 0), meta.get(BLOOM_LENGTH, 0)),
        (chunk.get(INDEX, 0), chunk.get(INDEX_LENGTH, 0)),
        (chunk.get(OFFSET_INDEX, 0), chunk.get(OFFSET_INDEX_LENGTH, 0)),
    ]


def typed(value: Any, kinds: Mapping[int, type]) -> dict[int, Any]:
    """Return a structure whose fields, where they are there, have the types that the format gives them.

    Raises:
        ThriftError: it is none, or has others.
    """
    if type(value) is not dict or any(type(value.get(n, kind())) is not kind for n, kind in kinds.items()):
        raise ThriftError("a field of another type")
    return value


def _check(footer: dict[int, Any], start: int) -> None:
    if not typed(footer, _FOOTER).keys() >= _FOOTER.keys():
        raise ThriftError("a footer without its parts")
    repeated = list(_leaves([typed(one, _ELEMENT) for one in footer[SCHEMA]]))
    for group in footer[GROUPS]:
        if len(typed(group, _GROUP).get(COLUMNS, ())) != len(repeated):
            raise ThriftError("a row group of another schema")
        for chunk, many in zip(group[COLUMNS], repeated, strict=True):
            _check_chunk(typed(chunk, _CHUNK), start)
            values = chunk[META][VALUES] if META in chunk else group[GROUP_ROWS]
            if not many and values != group.get(GROUP_ROWS):
                raise ThriftError("a column with other rows than its row group")
    if sum(group.get(GROUP_ROWS, -1) for group in footer[GROUPS]) != footer[ROWS]:
        raise ThriftError("other rows than its row groups have")


def _check_chunk(chunk: dict[int, Any], start: int) -> None:
    if META in chunk:
        meta = typed(chunk[META], _META)
        if not meta.keys() >= _NEEDED or not all(type(part) is bytes for part in meta[PATH]):
            raise ThriftError("a column without its parts")
    elif not {CRYPTO, ENCRYPTED_META} & chunk.keys():
        raise ThriftError("a column without its parts")
    if any(not 0 <= at <= at + length <= start for at, length in spans_of(chunk)):
        raise ThriftError("a column that lies outside its file")


def _leaves(elements: list[dict[int, Any]]) -> Iterator[bool]:
    """Yield of each column of a schema whether a row may hold several of its values.

    Raises:
        ThriftError: the schema is no tree.
    """
    left: list[tuple[int, bool]] = [(1, False)]  # children still to come on each level, and whether repeated
    for element in elements:
        while left and not left[-1][0]:
            left.pop()
        if not left:
            raise ThriftError("a schema that is no tree")
        count, many = left.pop()
        left.append((count - 1, many))
        many = many or element.get(_REPETITION) == _REPEATED
        children = element.get(_CHILDREN, 0)
        if children > 0:
            left.append((children, many))
        elif len(left) > 1:
            yield many
    if any(count for count, _ in left):
        raise ThriftError("a schema that ends too early")
