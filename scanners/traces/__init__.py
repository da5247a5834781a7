"""Traces: identifiers left behind in our own stores: Dagster's, the ledger's, folders and databases.

    places = Places(folders=(Folder(label="Dagster's home", path=home),), databases=())
    report = look(places, spelled(identifiers, namespaces, pseudonym_keys={}))

It decides nothing and changes nothing. What could not be searched is named in the report, never counted as
clean. No report holds a value.
"""

from scanners.traces.given import Given, spelled
from scanners.traces.listed import listed
from scanners.traces.matching import Matcher, both
from scanners.traces.report import Report, Trace, Unlooked
from scanners.traces.scan import Database, Folder, Places, look

__all__ = [
    "Database",
    "Folder",
    "Given",
    "Matcher",
    "Places",
    "Report",
    "Trace",
    "Unlooked",
    "both",
    "listed",
    "look",
    "spelled",
]
