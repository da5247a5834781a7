"""Every way in which a strong identifier may be written in a cell, as tables to join with.

A digest is evidence of a weak identifier too: nothing else has those 16, 20 or 32 bytes.
"""

import base64
import hashlib
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from lineage_assets.identifiers import Kind, Namespace
from scanners.residual.branches import Sees
from scanners.residual.needles import MD5, PLAIN, PSEUDONYM, SHA1, SHA256, Needle, Needles
from scanners.residual.plain_values import array_of

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
        weak = (n for n in needles.weak() if n.sought.namespace not in explained)
        weak = (n for n in weak if needles.kind_of(n) is Kind.INTEGER)
        rows = [(INTEGER_MARK + n.value, n.ident) for n in weak]
        needles.tables[explained] = pa.concat_tables([_strong(needles, "texts"), _table(rows, Sees.WEAK)])
    return needles.tables[explained]


def as_blobs(needles: Needles) -> pa.Table:
    """Return needle (16, 20 or 32 bytes), ident, sees: what whole binary values are compared with."""
    return _strong(needles, "blobs")


def _strong(needles: Needles, which: str) -> pa.Table:
    """Return what strong needles look like in texts, or as whole binary values; made once, both together."""
    if which not in needles.tables:
        rows = [(text, n.ident) for n in needles.strong() if n.form == PLAIN for text in _texts(n, needles)]
        uuids = [(data, n.ident) for n in _uuids(needles) for data in uuid_bytes(n.value)]
        texts = [_table(rows, Sees.ELSEWHERE)]
        blobs = [_table(uuids, Sees.ELSEWHERE, pa.binary())]
        for digests, idents in _digests(needles):
            texts += [_sized(written, idents, pa.string()) for written in (_hex(digests), _base64(digests))]
            blobs += [_sized(digests, idents, pa.binary())]
        needles.tables["texts"], needles.tables["blobs"] = map(pa.concat_tables, (texts, blobs))
    return needles.tables[which]


def _uuids(needles: Needles) -> Iterator[Needle]:
    return (n for n in needles.strong() if n.form == PLAIN and needles.kind_of(n) is Kind.UUID)


def _digests(needles: Needles) -> Iterator[tuple[np.ndarray[Any, Any], list[int]]]:
    """Yield digests of one length, a row each, and whose they are."""
    sizes: dict[int, tuple[list[bytes], list[int]]] = {}
    for n in needles.strong():
        for digest in digests_of(n, needles.kind_of(n)) if n.form != PLAIN else ():
            data, idents = sizes.setdefault(len(digest), ([], []))
            data.append(digest)
            idents.append(n.ident)
    for size, (data, idents) in sizes.items():
        yield np.frombuffer(b"".join(data), np.uint8).reshape(-1, size), idents


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
    uuid_kind = needles.kind_of(needle) is Kind.UUID
    bare = needle.value.replace("-", "") if uuid_kind else needle.value
    yield mark_of(needles.namespaces[needle.sought.namespace]) + bare
    if uuid_kind:
        yield from (base64.b64encode(data).rstrip(b"=").decode() for data in uuid_bytes(needle.value))


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


def _hex(data: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.frombuffer(data.tobytes().hex().encode(), np.uint8).reshape(len(data), -1)


def _base64(data: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return base64 as `tokens.digest_tokens` makes it: the standard letters, no padding."""
    size = data.shape[1]
    whole = np.pad(data, ((0, 0), (0, -size % 3)))
    letters = np.frombuffer(base64.b64encode(whole.tobytes()), np.uint8).reshape(len(data), -1)
    return letters[:, : -(-size * 8 // 6)]


def _sized(values: np.ndarray[Any, Any], idents: list[int], kind: pa.DataType) -> pa.Table:
    """Return values of one length, a row of bytes each, as a table of strong identifiers."""
    lengths = np.full(len(values), values.shape[1])
    return _columns(array_of(kind, lengths, values), idents, Sees.ELSEWHERE)


def _table(
    rows: list[tuple[str, int]] | list[tuple[bytes, int]], sees: Sees, kind: pa.DataType | None = None
) -> pa.Table:
    needles, idents = zip(*rows, strict=True) if rows else ((), ())
    return _columns(pa.array(needles, kind or pa.string()), idents, sees)


def _columns(needles: Any, idents: Sequence[int], sees: Sees) -> pa.Table:
    what = pa.repeat(pa.scalar(int(sees), pa.int8()), len(needles))
    return pa.table({"needle": needles, "ident": pa.array(idents, pa.int32()), "sees": what})
