"""One asset's data: is it as it was when it was last looked at? Else its columns, and its keys."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field

import duckdb

from scanners.errors import CouldNotLook, Reason
from scanners.residual.files import Content, check_unchanged, list_files
from scanners.residual.order import ScanOrder
from scanners.residual.scan import Look, guarded, looking
from scanners.residual.tables import groups_of
from scanners.sweep.digests import file_digest
from scanners.undeclared.joins import Joins
from scanners.undeclared.profile import Profile, add_group

_LABEL = b"rtbf undeclared content\x1f"
TABLES = frozenset({Content.CSV, Content.PARQUET})
Done = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Read:
    """What reading one asset came to: no profile where its content is as it was, or could not be read.

    `content` is the keyed digest of all its files.
    """

    files: int = 0
    skipped: int = 0
    content: str | None = field(default=None, repr=False)
    profile: Profile | None = None
    failure: CouldNotLook | None = None


def read_asset(
    order: ScanOrder,
    connection: duckdb.DuckDBPyConnection,
    *,
    key: bytes,
    known: str | None,
    progress: Done,
) -> Read:
    """Profile the columns of one asset, or skip it whole where its content is the known one.

    Args:
        order: the asset; it names no subjects.
        connection: see `scanners.residual.connect`.
        key: the key of digests.
        known: digest of the content when it was last looked at by the same rules.
        progress: called with (files done, files in all).
    """
    files = 0
    try:
        with looking(order, connection) as look:
            files = len(look.files)
            content = _content(look, key)
            if content == known:
                return Read(files=files, skipped=files, content=content)
            profile = Profile(asset=order.asset)
            _profile(look, profile, progress)
            if list_files(order) != look.files:
                sentence = "files came, went or changed while it was looked at"
                raise CouldNotLook(order.asset, Reason.CHANGED_WHILE_READ, sentence)  # noqa: TRY301
    except CouldNotLook as failure:
        return Read(files=files, failure=failure)
    return Read(files=files, content=content, profile=profile)


def read_keys(order: ScanOrder, connection: duckdb.DuckDBPyConnection, joins: Joins) -> CouldNotLook | None:
    """Mark the values that an asset's declared keys hold; returns why it could not be done, or None."""
    try:
        with looking(order, connection) as look:
            for group in groups_of(order, look.files):
                guarded(look, group, lambda part: joins.add_keys(order, part, look.links))
    except CouldNotLook as failure:
        return failure
    return None


def _profile(look: Look, profile: Profile, progress: Done) -> None:
    done, total = 0, len(look.files)
    for group in groups_of(look.order, look.files):
        guarded(look, group, lambda part: add_group(profile, look.connection, part, look.links))
        done += len(group.files)
        progress(done, total)


def _content(look: Look, key: bytes) -> str:
    """Return the keyed digest of the bytes of all files, whatever their times say."""
    begun = hmac.new(key, _LABEL, hashlib.sha256)
    for file in look.files:
        try:
            digest = file_digest(file.path, key)
        except OSError:
            digest = ""
        check_unchanged(look.order, (file,), len(look.files))
        if not digest:
            sentence = f"file {file.ordinal} of {len(look.files)} cannot be read"
            raise CouldNotLook(look.order.asset, Reason.UNREADABLE, sentence)
        begun.update(f"{len(file.relative)} {file.relative} {digest}\n".encode("utf-8", "surrogateescape"))
    return begun.hexdigest()
