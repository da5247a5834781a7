"""`rtbf scan`: who came back after an erasure, by the suppression list."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from rtbf_desk.cli_base import CONFIG, Config, Json, ledger_of, out, settings_of, stop
from rtbf_desk.cli_undeclared import look

if TYPE_CHECKING:
    from collections.abc import Callable

    from rtbf_ledger.findings import Finding
    from rtbf_ledger.settings import Settings
    from rtbf_ledger.store import Ledger
    from scanners.sweep import Report, Sweeping

CLEAN, FOUND, COULD_NOT = 0, 1, 2


def scan(
    asset: Annotated[str | None, typer.Argument(help="One asset; all that are swept when left out.")] = None,
    *,
    sweep: Annotated[
        bool, typer.Option("--sweep", help="Look now; else tell what the last sweeps found.")
    ] = False,
    undeclared: Annotated[
        bool, typer.Option("--undeclared", help="Look now for what nobody declared, under the roots too.")
    ] = False,
    dagster_home: Annotated[
        Path | None,
        typer.Option(
            envvar="DAGSTER_HOME", help="The folder of Dagster's dagster.yaml: to say since which run."
        ),
    ] = None,
    as_json: Json = False,
    config: Config = CONFIG,
) -> None:
    """Look for people who came back after their erasure: by a backfill, a restored backup, a late file.

    The identifiers are gone: the distinct values of each declared key are compared with the suppression list,
    and so are e-mail addresses, phone numbers, UUIDs, distinctive patterns and pseudonyms in all other text
    and in names of files. What stands there is declared (keys=..., in_text(...)) or taken out by the owner.
    Files that held nobody and did not change since are skipped, and counted. Prints counts, never a value.

    For whoever came back a request is filed, which waits for approval; where every asset concerned declares
    `re_erase="auto"`, and nothing is left to decide, it waits for none. Where an asset declares its event
    time, rows about a time after the erasure are a case for a person: see `rtbf readmit`.

    Exit 0 nobody came back, or nobody is on the list yet, 1 somebody did, 2 something could not be looked
    at, and it is named.

    With --undeclared: personal columns, files and lineage that no declaration accounts for. Exit 0 nothing,
    1 something, 2 something could not be looked at. `rtbf accept` accepts one that may be.

    Example: rtbf scan --sweep
    """
    from lineage_assets.errors import DeclarationError
    from rtbf_ledger.errors import LedgerError

    if sweep and undeclared:
        stop("--sweep and --undeclared are two scans: give one of them", COULD_NOT)
    try:
        settings = settings_of(config)
        ledger = ledger_of(settings)
        if undeclared:
            raise typer.Exit(look(settings, ledger, asset, as_json=as_json))
        if sweep:
            rows, findings, unlooked = _swept(settings, ledger, asset, dagster_home)
        else:
            rows, findings, unlooked = _known(ledger, asset)
        empty = _nobody_listed(ledger)
    except (DeclarationError, LedgerError) as error:
        stop(str(error), COULD_NOT)
    _print(rows, findings, unlooked, as_json=as_json)
    if not as_json and not findings:
        out(_nobody(rows, unlooked, empty=empty))
    raise typer.Exit(FOUND if findings else COULD_NOT if unlooked else CLEAN)


Told = tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, str]]]
"""A row an asset, a row a finding, and what could not be looked at."""


def _swept(settings: "Settings", ledger: "Ledger", asset: str | None, home: Path | None) -> Told:
    from rtbf_jobs.re_erase import file_children
    from rtbf_ledger.findings import of_asset
    from scanners.sweep import sweep_asset

    assets = _assets(ledger, asset)
    rows, unlooked, reports = [], [], []
    with _sweeping(settings, ledger, home) as sweeping, _progress() as told:
        for name in assets:
            report = sweep_asset(sweeping, name, progress=told(name))
            reports.append(report)
            rows.append(_row(report))
            unlooked += [{"asset": name, "why": why} for why in _why(report)]
        file_children(ledger, sweeping.graph, reports)
    with ledger.read() as tx:
        children = {one.id: one.child for one in of_asset(tx, asset)}
    found = [(one, report) for report in reports for one in report.findings]
    rows_found = [_finding(one, report) | {"child": children.get(one.id)} for one, report in found]
    return rows, rows_found, unlooked


def _known(ledger: "Ledger", asset: str | None) -> Told:
    from rtbf_ledger import findings, sweeps
    from rtbf_ledger.sweeps import SweepState

    assets = _assets(ledger, asset)
    with ledger.read() as tx:
        last = sweeps.last(tx)
        found = [one for one in findings.of_asset(tx, asset) if one.asset in assets]
    shown = ("state", "at", "listed", "files", "skipped", "clean_at")
    rows = [
        {"asset": name} | {each: getattr(last.get(name), each, None) for each in shown} for name in assets
    ]
    unlooked = [
        {"asset": name, "why": f"asset {name}: it was never swept; `rtbf scan --sweep` does"}
        for name in assets
        if name not in last
    ]
    unlooked += [
        {"asset": name, "why": f"asset {name}: its last sweep could not look: {one.reason}"}
        for name, one in last.items()
        if name in assets and one.state is SweepState.COULD_NOT
    ]
    return rows, [_finding(one) for one in found], unlooked


def _nobody_listed(ledger: "Ledger") -> bool:
    from rtbf_ledger.tombstones import entries

    with ledger.read() as tx:
        return entries(tx)[0] == 0


def _assets(ledger: "Ledger", asset: str | None) -> list[str]:
    from rtbf_ledger import versions
    from scanners.sweep import sweepable

    with ledger.read() as tx:
        known = sweepable(versions.graph_of(tx))
    if asset is None:
        return known
    if asset not in known:
        stop(
            "no asset of that name is swept: unknown, binary, or without a location; see `rtbf inventory`",
            COULD_NOT,
        )
    return [asset]


@contextmanager
def _sweeping(settings: "Settings", ledger: "Ledger", home: Path | None) -> Iterator["Sweeping"]:
    import dagster as dg

    from rtbf_jobs.sweeping import made_in, open_sweeping
    from rtbf_ledger import versions

    with ledger.read() as tx:
        graph = versions.graph_of(tx)
    with ExitStack() as stack:
        made: Callable[[str], Any] = lambda _asset: ()  # noqa: E731
        if home is not None and (home / "dagster.yaml").exists():
            made = made_in(stack.enter_context(dg.DagsterInstance.from_config(str(home.resolve()))))
        yield stack.enter_context(open_sweeping(settings, ledger, graph, made))


@contextmanager
def _progress() -> Iterator["Callable[[str], Callable[[int, int], None]]"]:
    """Show where it is, on a terminal only."""
    console = Console(stderr=True)
    with console.status("scan", spinner="line") as status:

        def of(asset: str) -> "Callable[[int, int], None]":
            def told(done: int, total: int) -> None:
                if console.is_terminal:
                    status.update(f"{asset}: {done} of {total} files")

            return told

        yield of


def _row(report: "Report") -> dict[str, Any]:
    swept = report.swept
    numbers = {name: getattr(swept, name) for name in ("listed", "files", "skipped", "unsearched", "values")}
    requests = {"came_back": len(report.findings), "under_way": report.under_way, "kept": report.kept}
    return {"asset": swept.asset, "state": str(report.state)} | numbers | requests


def _finding(one: "Finding", report: "Report | None" = None) -> dict[str, Any]:
    met = {back.request: back.files for back in report.swept.found} if report else {}
    return {
        "finding": one.id,
        "asset": one.asset,
        "request": one.request,
        "kind": str(one.kind),
        "rows": one.rows,
        "later": one.later,
        "places": list(one.places),
        "files": one.files,
        "file_numbers": ", ".join(str(file.ordinal) for file in met.get(one.request, ())),
        "since": str(one.since),
        "run": one.run,
        "written_at": one.written_at,
        "opened_at": one.opened_at,
        "child": one.child,
    }


def _since(row: dict[str, Any]) -> str:
    """Say how the first of the files came to be there."""
    run = f"run {row['run']}" if row["run"] else "the last materialisation"
    said = {"during": f"by {run}", "after": f"by something else, after {run}"}
    return said.get(row["since"], "by something that Dagster does not know")


def _why(report: "Report") -> list[str]:
    swept = report.swept
    said = [str(one) for one in swept.failures]
    if swept.unsearched and swept.keyed:
        said.append(f"asset {swept.asset}: {swept.unsearched} files are no tables, so no key can be read")
    return said


def _print(
    rows: list[dict[str, Any]],
    findings: list[dict[str, Any]],
    unlooked: list[dict[str, str]],
    *,
    as_json: bool,
) -> None:
    from rtbf_desk import tables

    if as_json:
        out(tables.as_json({"assets": rows, "findings": findings, "not_looked_at": unlooked}))
        return
    console = Console()
    tables.show(console, "Assets", rows)
    for one in findings:
        out(f"{one['asset']}: {one['kind']} of request {one['request']}, {one['finding']}")
        for line in _lines(one):
            out(f"    {line}")
    for each in unlooked:
        out(f"not looked at: {each['why']}")


def _lines(one: dict[str, Any]) -> "Iterator[str]":
    """Say what a finding is, and what is to be done about it."""
    numbers = f" (by name, file {one['file_numbers']})" if one["file_numbers"] else ""
    yield f"{one['rows']} rows in {one['files']} files{numbers}, written {_since(one)}"
    if one["later"]:
        yield f"{one['later']} rows are about a time after the erasure: a return that may be lawful"
    if one["kind"] == "case":
        if not one["later"]:
            yield "by an identifier that passes from person to person: it may be somebody else"
        yield "a person decides: `rtbf readmit` who came back lawfully, else `rtbf file` a request"
    if one["places"]:
        yield f"where no key is declared: {', '.join(one['places'])}"
        yield "declare it (keys=..., in_text(...)) or take it out: no request can, where no key is"
    if one["child"]:
        yield f"request {one['child']} erases them again, once it is approved; `rtbf show` says more"


def _nobody(rows: list[dict[str, Any]], unlooked: list[dict[str, str]], *, empty: bool) -> str:
    """Say that nobody was found, and how little that says."""
    if empty:
        return "Nobody is on the suppression list yet, so nothing was looked at."
    if not any(row["state"] for row in rows):
        return "No sweep has looked yet; `rtbf scan --sweep` does."
    if not unlooked and not any(row["listed"] for row in rows):
        return "Nobody on the suppression list could be there, so nothing was looked at."
    return f"Nobody came back{' where a sweep could look' if unlooked else ''}."
