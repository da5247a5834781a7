"""Made-up people, and what a search for their traces in some folders and databases says."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lineage_assets.identifiers import Kind, Namespace
from scanners.traces import Database, Folder, Given, Matcher, Places, Report, look, spelled

NAMESPACES = {
    "account": Namespace(name="account", kind=Kind.INTEGER),
    "device": Namespace(name="device", kind=Kind.UUID),
    "email": Namespace(name="email", kind=Kind.EMAIL),
    "phone": Namespace(name="phone", kind=Kind.PHONE),
    "nick": Namespace(name="nick", kind=Kind.TEXT),
    "card": Namespace(name="card", kind=Kind.TEXT, distinctive="LC-[0-9]{4}-[0-9]{4}"),
}
ACCOUNT, MAIL, PHONE = "482913377120554", "zq81kxw@canary.example", "+4930901820045"
DEVICE, NICK, CARD = "7c9e6679-7425-40de-944b-e07fc1f90ae7", "quux_9310_zebra", "LC-4821-9930"
PEOPLE = {"account": ACCOUNT, "device": DEVICE, "email": MAIL, "phone": PHONE, "nick": NICK, "card": CARD}


def matcher(people: dict[str, str] | None = None, **typed: str) -> Matcher:
    """Return a matcher for people; `typed` says how one was typed."""
    given = [
        Given(namespace=name, value=value, typed=typed.get(name, ""))
        for name, value in (PEOPLE if people is None else people).items()
    ]
    return spelled(given, NAMESPACES, pseudonym_keys={"training": bytes(range(32))})


def searched(*paths: Path, databases: Sequence[str] = (), by: Matcher | None = None, **more: Any) -> Report:
    """Search folders, labelled by their names, and databases, labelled "database"."""
    folders = tuple(Folder(label=path.name, path=path) for path in paths)
    wanted = tuple(Database(label="database", url=url) for url in databases)
    return look(Places(folders=folders, databases=wanted), by or matcher(), **more)


def seen(report: Report) -> set[tuple[str, str, str]]:
    """Return (where, namespace, form) of what was found, decided."""
    return {(one.where, one.namespace, one.form) for one in report.found}
