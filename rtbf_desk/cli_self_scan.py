"""`rtbf self-scan`: is an identifier left in Dagster's storage, the ledger, logs or our temporary folders?"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from rtbf_desk.cli_base import CONFIG, Config, Json, ledger_of, lines_of, out, settings_of, stop

if TYPE_CHECKING:
    from collections.abc import Callable

    from rtbf_ledger.settings import Settings
    from rtbf_ledger.store import Ledger
    from scanners.traces import Places, Report
    from scanners.traces.matching import Matcher

CLEAN, FOUND, COULD_NOT = 0, 1, 2
MEGABYTE = 1 << 20
HOME_HOLDS = ("dagster.yaml", "history", "schedules", "storage")


def self_scan(
    *,
    identifiers_from: Annotated[
        Path | None,
        typer.Option(help="A file with one namespace=value a line; - reads standard input."),
    ] = None,
    tombstones: Annotated[
        bool, typer.Option("--tombstones", help="Look for everybody on the suppression list (the default).")
    ] = False,
    also: Annotated[
        list[Path] | None, typer.Option(help="A further file or folder, such as the servers' output.")
    ] = None,
    dagster_home: Annotated[
        Path, typer.Option(envvar="DAGSTER_HOME", help="The folder of Dagster's dagster.yaml.")
    ] = Path(".dagster_home"),
    as_json: Json = False,
    config: Config = CONFIG,
) -> None:
    """Search our own stores for identifiers: none should be there.

    Looks in Dagster's storage and home, the ledger, the key folder, our own folders (rtbf-...) among the
    temporary ones, and what --also names: in rows, decoded, and in the raw bytes of every file. Prints places
    and forms, never a value.

    Exit 0 nothing found, 1 found, 2 something could not be searched or decided, and it is named.

    Example: echo "account=1234567890" | rtbf self-scan --identifiers-from -
    """
    from lineage_assets.errors import DeclarationError
    from rtbf_desk.gate import DeskError
    from rtbf_ledger.errors import LedgerError
    from scanners.traces import look

    try:
        settings = settings_of(config)
        matcher = _matcher(settings, identifiers_from, tombstones=tombstones or identifiers_from is None)
        places = _places(settings, dagster_home, also or [])
    except (DeclarationError, LedgerError, DeskError) as error:
        stop(str(error), COULD_NOT)
    with _progress() as told:
        report = look(places, matcher, told=told)
    _print(report, as_json=as_json)
    raise typer.Exit(_code(report, given=identifiers_from is not None))


def _matcher(settings: "Settings", source: Path | None, *, tombstones: bool) -> "Matcher":
    from lineage_assets.identifiers import BLANKS
    from rtbf_jobs.intake import read_identifiers
    from scanners.traces import Given, both, listed, spelled

    ledger = ledger_of(settings)
    sought = listed(ledger, settings.namespaces) if tombstones else None
    if source is not None:
        lines = [line for line in lines_of(source) if line.strip(BLANKS) and line.strip(BLANKS)[0] != "#"]
        typed = [line.partition("=")[2].strip(BLANKS) for line in lines]
        pairs = zip(read_identifiers(lines, settings.namespaces), typed, strict=True)
        given = [Given(namespace=name, value=value, typed=text) for (name, value), text in pairs]
        matcher = spelled(given, settings.namespaces, pseudonym_keys=_pseudonym_keys(ledger))
        sought = matcher if sought is None else both(sought, matcher)
    if sought is None:
        raise AssertionError("neither identifiers nor tombstones")
    return sought


def _pseudonym_keys(ledger: "Ledger") -> dict[str, bytes]:
    names = [file.stem for file in sorted((ledger.keys.path / "pseudonym").glob("*.key"))]
    return {name: ledger.keys.named(f"pseudonym/{name}") for name in names}


def _places(settings: "Settings", home: Path, also: list[Path]) -> "Places":
    import dagster as dg

    from rtbf_desk.home import VARIABLE, postgres_url
    from rtbf_desk.own_places import places_of

    if not any((home / name).exists() for name in HOME_HOLDS):
        stop(
            "DAGSTER_HOME is no home of Dagster's; set it, or name the folder with --dagster-home", COULD_NOT
        )
    url = postgres_url(os.environ)
    if url is not None:
        os.environ[VARIABLE] = url.render_as_string(hide_password=False)
    with dg.DagsterInstance.from_config(str(home.resolve())) as instance:
        return places_of(
            settings,
            instance,
            environ=os.environ,
            temp=Path(tempfile.gettempdir()),
            here=Path.cwd(),
            also=also,
        )


@contextmanager
def _progress() -> Iterator["Callable[[str, int], None]"]:
    """Show where it is, on a terminal only."""
    console = Console(stderr=True)
    with console.status("self-scan", spinner="line") as status:

        def told(place: str, size: int) -> None:
            status.update(f"{place}: {size // MEGABYTE} MB")

        yield told if console.is_terminal else lambda _place, _size: None


def _print(report: "Report", *, as_json: bool) -> None:
    from rtbf_desk import tables

    looked = {"files": report.files, "bytes": report.bytes, "rows": report.rows}
    groups: dict[str, list[dict[str, Any]]] = {
        "found": [_row(one) for one in report.found],
        "not decidable": [_row(one) for one in report.undecided],
        "not looked at": [asdict(one) for one in report.unlooked],
    }
    if as_json:
        named: dict[str, Any] = {name.replace(" ", "_"): rows for name, rows in groups.items()}
        out(tables.as_json(named | {"looked": looked}))
        return
    for name, rows in groups.items():
        if rows:
            tables.show(Console(), name.capitalize(), rows)
    if report.undecided:
        out("Not decidable: the same characters stand there, too few to tell whether it is the person.")
    if not report.found:
        where = " where it could be looked" if report.unlooked else ""
        out(f"Nothing {'else ' if report.undecided else ''}was found{where}.")
    out(f"Searched: {report.files} files, {report.bytes // MEGABYTE} MB, {report.rows} rows.")


def _row(trace: Any) -> dict[str, Any]:
    return {name: value for name, value in asdict(trace).items() if name != "decided"}


def _code(report: "Report", *, given: bool) -> int:
    if report.found:
        return FOUND
    return COULD_NOT if report.unlooked or (given and report.undecided) else CLEAN
