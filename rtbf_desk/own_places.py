"""Where this deployment keeps things: Dagster's home and database, the ledger, keys, temporary folders."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from sqlalchemy.engine import make_url

from rtbf_ledger.settings import Settings
from rtbf_ledger.store import normalised_url
from scanners.traces import Database, Folder, Places, Unlooked

HOME, COMPUTE_LOGS, STORAGE = "Dagster's home", "Dagster's compute logs", "Dagster's storage"
LEDGER, KEYS, TEMPORARY, SPILL, ALSO = "ledger", "keys", "temporary folder", "spill", "also"
OURS = "rtbf-"
LOCAL_LOGS = {"LocalComputeLogManager", "NoOpComputeLogManager"}


def places_of(
    settings: Settings,
    instance: dg.DagsterInstance,
    *,
    environ: Mapping[str, str],
    temp: Path,
    here: Path,
    also: Iterable[Path],
) -> Places:
    """Return every place of a deployment where an identifier could be left.

    Args:
        settings: of the deployment.
        instance: its Dagster instance, opened from DAGSTER_HOME.
        environ: where dagster.yaml says that a folder is named by a variable.
        temp: the system's temporary folder; what is ours in it is searched.
        here: the working folder, where DuckDB spills to `.tmp` unless told otherwise.
        also: further files and folders, such as the logs of whatever runs the servers.
    """
    home = Path(instance.root_directory)
    folders = [Folder(label=HOME, path=home)]
    folders += [Folder(label=label, path=path) for label, path in _beside(instance, home, environ)]
    folders.append(Folder(label=KEYS, path=settings.keys))
    folders.append(Folder(label=TEMPORARY, path=temp, keeps=_ours))
    folders += [Folder(label=SPILL, path=path) for path in [here / ".tmp"] if path.exists()]
    folders += [Folder(label=f"{ALSO} {number}", path=path) for number, path in enumerate(also, start=1)]
    urls = dict.fromkeys(_urls(instance), STORAGE)
    ledger = make_url(normalised_url(settings.ledger_url))
    if ledger.get_backend_name() == "sqlite":
        file = Path(ledger.database or "")
        folders.append(Folder(label=LEDGER, path=file.parent, keeps=_beginning(file.name)))
    else:
        text = ledger.render_as_string(hide_password=False)
        urls[text] = f"{urls[text]} and {LEDGER}" if text in urls else LEDGER
    databases = tuple(Database(label=label, url=url) for url, label in urls.items())
    return Places(folders=tuple(folders), databases=databases, closed=tuple(_closed(instance)))


def _ours(name: str) -> bool:
    return name.startswith(OURS)


def _beginning(start: str) -> Callable[[str], bool]:
    return lambda name: name.startswith(start)


def _storages(instance: dg.DagsterInstance) -> list[Any]:
    return [instance.run_storage, instance.event_log_storage, instance.schedule_storage]


def _urls(instance: dg.DagsterInstance) -> list[str]:
    found = [getattr(one, "postgres_url", None) for one in _storages(instance)]
    texts = [make_url(normalised_url(url)).render_as_string(hide_password=False) for url in found if url]
    return list(dict.fromkeys(texts))


def _beside(
    instance: dg.DagsterInstance, home: Path, environ: Mapping[str, str]
) -> Iterator[tuple[str, Path]]:
    """Yield folders that dagster.yaml puts outside the home."""
    ref = instance.get_ref()
    parts = (
        (COMPUTE_LOGS, ref.compute_logs_data),
        (STORAGE, ref.run_storage_data),
        (STORAGE, ref.event_storage_data),
        (STORAGE, ref.schedule_storage_data),
        (STORAGE, ref.storage_data),
    )
    for label, data in parts:
        base = (data.config_dict if data is not None else {}).get("base_dir")
        given = environ.get(base["env"], "") if isinstance(base, dict) and "env" in base else base
        if isinstance(given, str) and given and not Path(given).is_relative_to(home):
            yield label, Path(given)


def _closed(instance: dg.DagsterInstance) -> Iterator[Unlooked]:
    for one in _storages(instance):
        kind = type(one).__name__
        if not kind.startswith("Sqlite") and not getattr(one, "postgres_url", None):
            yield Unlooked(
                place=STORAGE, where=kind, why="neither SQLite nor PostgreSQL: not reached from here"
            )
    logs = type(instance.compute_log_manager).__name__
    if logs not in LOCAL_LOGS:
        yield Unlooked(place=COMPUTE_LOGS, where=logs, why="kept elsewhere: not reached")
