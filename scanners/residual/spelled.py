"""Every way in which a strong identifier may be written in a cell, as tables to join with.

A digest is evidence of a weak identifier too: nothing else has those 16, 20 or 32 bytes.
"""

import base64
import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping

import pyarrow as pa

from lineage_assets.identifiers import Kind, Namespace
from scanners.residual.branches import Sees
from scanners.residual.needles import MD5, PLAIN, PSEUDONYM, SHA1, SHA256, Needle, Needles

MARK = "\x1f"
INTEGER_MARK = "integer" + MARK
HASHES: Mapping[str, Callable[[bytes], bytes]] = {
    MD5: lambda data: hashlib.md5(data, usedforsecurity=False).digest(),
    SHA1: lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    SHA256: lambda data: hashlib.sha256(data).digest(),
}


def mark_of(namespace: Namespace) -> str:
    """Return what stands before values whose canonical form depends on choices of their namespace."""
    return f"{namespace.kind}:{namespace.choices}{MARK}" if namespace.choices else ""


def as_texts(needles: Needles, explained: frozenset[str] = frozenset()) -> pa.Table:
    """Return needle (text), ident, sees: what text columns are compared with, weak integers among it.

    Args:
        needles: what is sought.
        explained: namespaces that are declared keys there, so that a weak identifier is not weak.
    """
    if explained not in needles.tables:
        needles.tables[explained] = _as_texts(needles, explained)
    return needles.tables[explained]


def _as_texts(needles: Needles, explained: frozenset[str]) -> pa.Table:
    rows = [(text, n.ident, Sees.ELSEWHERE) for n in needles.strong() for text in _texts(n, needles)]
    weak = (n for n in needles.weak() if n.sought.namespace not in explained)
    weak = (n for n in weak if needles.kind_of(n) is Kind.INTEGER)
    rows += [(INTEGER_MARK + n.value, n.ident, Sees.WEAK) for n in weak]
    return _table(rows, pa.string())


def as_blobs(needles: Needles) -> pa.Table:
    """Return needle (16, 20 or 32 bytes), ident, sees: what whole binary values are compared with."""
    if "blobs" not in needles.tables:
        rows = [(data, n.ident, Sees.ELSEWHERE) for n in needles.strong() for data in _blobs(n, needles)]
        needles.tables["blobs"] = _table(rows, pa.binary())
    return needles.tables["blobs"]


def hashed_texts(kind: Kind, value: str) -> set[str]:
    """Return the spellings of a canonical value that people hash."""
    found = {value, value.lower(), value.upper()}
    if kind is Kind.UUID:
        bare = value.replace("-", "")
        found |= {bare, bare.upper()}
    if kind is Kind.PHONE:
        found |= {value[1:], "00" + value[1:]}
    return found


def _texts(needle: Needle, needles: Needles) -> Iterator[str]:
    if needle.form == PLAIN:
        kind = needles.kind_of(needle)
        bare = needle.value.replace("-", "") if kind is Kind.UUID else needle.value
        yield mark_of(needles.namespaces[needle.sought.namespace]) + bare
        if kind is Kind.UUID:
            yield from (_base64(data) for data in uuid_bytes(needle.value))
        return
    for digest in digests_of(needle, needles.kind_of(needle)):
        yield digest.hex()
        yield _base64(digest)


def _blobs(needle: Needle, needles: Needles) -> Iterable[bytes]:
    if needle.form != PLAIN:
        return digests_of(needle, needles.kind_of(needle))
    return uuid_bytes(needle.value) if needles.kind_of(needle) is Kind.UUID else ()


def uuid_bytes(value: str) -> set[bytes]:
    """Return the two orders in which programs write the 16 bytes."""
    made = uuid.UUID(value)
    return {made.bytes, made.bytes_le}


def digests_of(needle: Needle, kind: Kind) -> Iterator[bytes]:
    """Yield the digests that a needle of a form other than plain stands for."""
    if needle.form.startswith(PSEUDONYM):
        yield bytes.fromhex(needle.value)
        return
    texts = {text.encode() for text in hashed_texts(kind, needle.value)}
    if kind is Kind.UUID:
        texts |= uuid_bytes(needle.value)
    yield from {HASHES[needle.form](text) for text in texts}


def digest_letters(data: bytes) -> set[bytes]:
    """Return bytes in base64 of either alphabet, without padding."""
    return {base64.b64encode(data).rstrip(b"="), base64.urlsafe_b64encode(data).rstrip(b"=")}


def _base64(data: bytes) -> str:
    """Return base64 as `tokens.digest_tokens` makes it: the standard letters, no padding."""
    return base64.b64encode(data).rstrip(b"=").decode()


def _table(rows: list[tuple[str, int, Sees]] | list[tuple[bytes, int, Sees]], kind: pa.DataType) -> pa.Table:
    needles, idents, sees = zip(*rows, strict=True) if rows else ((), (), ())
    columns = {"needle": (needles, kind), "ident": (idents, pa.int32()), "sees": (sees, pa.int8())}
    return pa.table({name: pa.array(values, to) for name, (values, to) in columns.items()})
