"""The sweep of one asset: list, skip what is known, compare, and go on where one file cannot be read."""

from collections import defaultdict
from collections.abc import Iterator

import duckdb

from scanners.errors import CouldNotLook, Reason
from scanners.residual.beside import names_of
from scanners.residual.engine import Progress
from scanners.residual.files import Content, Found, check_unchanged, list_files
from scanners.residual.keys import searched_keys
from scanners.residual.needles import PLAIN
from scanners.residual.scan import Look, check_patterns, guarded, looking
from scanners.residual.tables import Group, groups_of
from scanners.sweep.digests import file_digest
from scanners.sweep.elsewhere import met_in
from scanners.sweep.order import SweepOrder, Swept
from scanners.sweep.readings import parts_anywhere
from scanners.sweep.search import search
from scanners.sweep.tally import Tally
from scanners.sweep.values import Met

TABLES = frozenset({Content.CSV, Content.PARQUET})


def sweep(order: SweepOrder, *, connection: duckdb.DuckDBPyConnection, progress: Progress) -> Swept:
    """Compare one asset with the suppression list: declared keys, and strong identifiers wherever they stand.

    A file that cannot be read, or changes meanwhile, is a failure in what is returned; the others are swept.

    Args:
        order: what to compare, and with what.
        connection: see `scanners.residual.connect`.
        progress: called with (files done, files in all).
    """
    asset = order.place.asset
    listed = sum(len(part) for part in order.listed.values())
    keyed = bool(searched_keys(order.place))
    if not listed:
        return Swept(asset=asset, keyed=keyed)
    try:
        with looking(order.place, connection) as look:
            plain = {name for name, form in parts_anywhere(order) if form == PLAIN}
            check_patterns(order.place, connection, plain)
            tally = Tally(files=look.files)
            _sweep(order, look, tally, progress)
    except CouldNotLook as failure:
        return Swept(asset=asset, listed=listed, keyed=keyed, failures=(failure,))
    return Swept(
        asset=asset,
        listed=listed,
        files=len(tally.files),
        skipped=tally.skipped,
        values=tally.values,
        unsearched=sum(file.content is Content.BYTES for file in tally.files),
        keyed=keyed,
        found=tuple(tally.found()),
        failures=tuple(tally.failures),
        present=frozenset(tally.digests.values()),
    )


def _sweep(order: SweepOrder, look: Look, tally: Tally, progress: Progress) -> None:
    total = len(look.files)
    pending = tuple(_pending(order, tally, total))
    _look_at_names(order, look, tally)
    done = total - len(pending)
    progress(done, total)
    for group in _groups(order, pending, tally, total):
        try:
            found = guarded(look, group, lambda part: search(order, look.connection, part, look.links))
        except CouldNotLook as failure:
            tally.failures.append(failure)
        else:
            order.keep(tally.add(group, found))
        done += len(group.files)
        progress(done, total)
    if not tally.failures and list_files(order.place) != look.files:
        sentence = "files came, went or changed while it was looked at"
        tally.failures.append(CouldNotLook(order.place.asset, Reason.CHANGED_WHILE_READ, sentence))


def _look_at_names(order: SweepOrder, look: Look, tally: Tally) -> None:
    """Look at the names of all files, unchanged ones too: no digest tells of them."""
    texts = [(file, name) for file in tally.files for name in sorted(set(names_of(file)))]
    by_file: defaultdict[Found, list[Met]] = defaultdict(list)
    try:
        found = met_in(order, look.connection, [name for _, name in texts])
    except duckdb.Error:
        sentence = "the names of its files made the engine give up"
        tally.failures.append(CouldNotLook(order.place.asset, Reason.ENGINE, sentence))
        return
    for at, met in found:
        if not met.listed.readmitted:  # a name says no time: it may be of after the return
            by_file[texts[at][0]].append(met)
    for file, people in by_file.items():
        try:
            if file.ordinal not in tally.digests:
                tally.digests[file.ordinal] = _digest(order, file, len(tally.files))
            tally.add_names(file.ordinal, people)
        except CouldNotLook as failure:
            tally.failures.append(failure)


def _pending(order: SweepOrder, tally: Tally, total: int) -> Iterator[Found]:
    """Yield the tables to read: not those that are known."""
    for file in tally.files:
        if file.content not in TABLES:
            continue
        try:
            tally.digests[file.ordinal] = _digest(order, file, total)
            if tally.digests[file.ordinal] in order.known:
                tally.skipped += 1
                continue
        except CouldNotLook as failure:
            tally.failures.append(failure)
        else:
            yield file


def _groups(order: SweepOrder, pending: tuple[Found, ...], tally: Tally, total: int) -> Iterator[Group]:
    """Yield the tables by layout; one by one where a footer or header cannot be read, which is a failure."""
    seen: set[int] = set()
    try:
        for group in groups_of(order.place, pending, total):
            seen |= {file.ordinal for file in group.files}
            yield group
    except CouldNotLook:
        for file in pending:
            if file.ordinal not in seen:
                try:
                    yield from groups_of(order.place, (file,), total)
                except CouldNotLook as failure:
                    tally.failures.append(failure)


def _digest(order: SweepOrder, file: Found, total: int) -> str:
    try:
        digest = file_digest(file.path, order.digest_key)
    except OSError:
        digest = ""
    check_unchanged(order.place, (file,), total)
    if not digest:
        sentence = f"file {file.ordinal} of {total} cannot be read"
        raise CouldNotLook(order.place.asset, Reason.UNREADABLE, sentence)
    return digest
