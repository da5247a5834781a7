"""`rtbf scan --undeclared` and `rtbf accept`: what nobody declared, and what a person lets be."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from rtbf_desk.cli_base import CONFIG, Config, Staff, act, out, stop

if TYPE_CHECKING:
    from rtbf_ledger.mismatches import Mismatch
    from rtbf_ledger.settings import Settings
    from rtbf_ledger.store import Ledger
    from scanners.undeclared.order import Progress, Told

CLEAN, FOUND, COULD_NOT = 0, 1, 2
USAGE = 2


def look(settings: "Settings", ledger: "Ledger", asset: str | None, *, as_json: bool) -> int:
    """Look for what nobody declared, print it, and return the exit code."""
    from rtbf_jobs.looking import open_looking
    from rtbf_ledger import versions
    from scanners.errors import ScannerError
    from scanners.undeclared.scan import scan_undeclared

    with ledger.read() as tx:
        graph = versions.graph_of(tx)
    if asset is not None and asset not in graph.nodes:
        stop("no asset of that name is in the graph; `rtbf inventory` lists them", COULD_NOT)
    try:
        with open_looking(settings, ledger, graph) as looking, _progress() as told:
            results = scan_undeclared(looking, asset, progress=told)
    except ScannerError as error:
        stop(str(error), COULD_NOT)
    _print(results, as_json=as_json)
    unlooked = any(one.unlooked or one.unsure for one in results)
    return FOUND if any(one.open for one in results) else COULD_NOT if unlooked else CLEAN


@contextmanager
def _progress() -> Iterator["Progress"]:
    """Show where it is, on a terminal only."""
    console = Console(stderr=True)
    with console.status("scan", spinner="line") as status:

        def told(target: str, done: int, total: int) -> None:
            if console.is_terminal:
                status.update(f"{target}: {done} of {total} files")

        yield told


def accept(
    mismatch: Annotated[str, typer.Argument(help="Id of a mismatch, as `rtbf scan --undeclared` tells it.")],
    *,
    because: Annotated[
        str,
        typer.Option(help="no_personal_data, aggregate, chance, belongs_there or being_fixed."),
    ] = "",
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Take an acceptance back: it alarms again.")
    ] = False,
    by: Staff = "cli",
    config: Config = CONFIG,
) -> None:
    """Accept a mismatch that nobody declared, for a reason: it alarms no more while it stays as it is.

    Example: rtbf accept ud-3f2a... --because aggregate --by dpo-7
    """
    from rtbf_ledger import undeclared
    from rtbf_ledger.mismatches import Because

    if withdraw == bool(because):
        stop("give either --because, or --withdraw", USAGE)
    if because and because not in list(Because):
        stop(f"--because is one of: {', '.join(Because)}", USAGE)

    def change(ledger: "Ledger") -> None:
        with ledger.write() as tx:
            if withdraw:
                undeclared.withdraw(ledger, tx, mismatch, staff=by)
            else:
                undeclared.accept(ledger, tx, mismatch, because=Because(because), staff=by)

    act(config, change, lambda _settings: "open again" if withdraw else "accepted; it alarms no more")


def _print(results: list["Told"], *, as_json: bool) -> None:
    from rtbf_desk import tables

    rows = [_row(one) for one in results]
    found = [_mismatch(each, one) for one in results for each in one.known]
    unlooked = [{"target": one.target, "why": why} for one in results for why in _why(one)]
    if as_json:
        out(tables.as_json({"targets": rows, "mismatches": found, "not_looked_at": unlooked}))
        return
    tables.show(Console(), "Assets and roots", rows)
    for each in found:
        if each["state"] == "open":
            _say(each)
    for one in unlooked:
        out(f"not looked at: {one['why']}")
    if not any(one.open for one in results):
        out(f"Nothing undeclared{' where it could be looked' if unlooked else ''}.")


def _row(one: "Told") -> dict[str, Any]:
    accepted = len(one.known) - len(one.open)
    counts = {"new": len(one.new), "open": len(one.open), "accepted": accepted}
    sizes = {"columns": one.columns, "files": one.files, "skipped": one.skipped}
    return {"target": one.target, "state": str(one.state)} | counts | sizes


def _mismatch(one: "Mismatch", told: "Told") -> dict[str, Any]:
    names = ("id", "target", "place", "reason", "beside", "count", "permille", "opened_at")
    plain = {name: getattr(one, name) for name in names}
    words = {"kind": str(one.kind), "code": one.code, "state": str(one.state), "owners": list(one.owners)}
    return plain | words | {"new": one.id in {each.id for each in told.new}}


def _say(each: dict[str, Any]) -> None:
    new = " (new)" if each["new"] else ""
    out(f"{each['target']}: {each['kind']} {each['code']} at {each['place']}, {each['id']}{new}")
    rate = f" ({each['permille'] / 10:g}%)" if each["permille"] is not None else ""
    parts = [
        f"seen by {each['reason']}" if each["reason"] else "",
        f"beside {each['beside']}" if each["beside"] else "",
        f"count {each['count']}{rate}" if each["count"] else "",
        f"since {each['opened_at']}",
        f"owner: {', '.join(each['owners']) or 'nobody'}",
    ]
    out("    " + ", ".join(part for part in parts if part))


def _why(one: "Told") -> list[str]:
    unsure = f"{one.target}: {one.unsure} columns of which a detector could not tell"
    return [each.why for each in one.unlooked] + ([unsure] if one.unsure else [])
