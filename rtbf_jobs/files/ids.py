"""The identifiers to erase: read from a list, and turned into what a column can hold, or refused.

No message repeats a value: it says which line.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lineage_assets.identifiers import Kind, Namespace, Sought, canonical
from lineage_assets.typed import BARE, unclean
from rtbf_jobs.files.errors import FileRefused, UsageRefused

WHICH = "say with --ids-column which column of the ids file holds the ids"
NO_COLUMN = "the ids file has no column of the name that --ids-column gives"
LOOKS = (Kind.UUID, Kind.EMAIL, Kind.PHONE, Kind.INTEGER)


@dataclass(frozen=True)
class Ids:
    """The identifiers as they were given. `where` says of each, for messages, where it stands."""

    texts: tuple[str, ...] = field(repr=False)
    where: tuple[str, ...] = field(repr=False)
    known: dict[Kind, tuple[Sought, ...]] = field(default_factory=dict, repr=False, compare=False)

    def sought(self, kind: Kind) -> tuple[Sought, ...]:
        """Return the identifiers in the canonical form of a kind; its namespace is named after it.

        Raises:
            FileRefused: one is not of that kind; the message says where it stands.
        """
        if kind not in self.known:
            self.known[kind] = self._canonical(kind)
        return self.known[kind]

    def _canonical(self, kind: Kind) -> tuple[Sought, ...]:
        forms: dict[str, None] = {}
        for text, where in zip(self.texts, self.where, strict=True):
            form = canonical(kind, text)
            if form is None:
                raise FileRefused(f"{where} of the ids is no {kind}, as the key's column or --kind asks for")
            forms[form] = None
        return tuple(Sought(namespace=str(kind), value=form, request=0) for form in forms)

    def only_kind(self) -> Kind:
        """Return the kind that the identifiers themselves leave no doubt about, for a column of text.

        Raises:
            FileRefused: they could be of more than one kind.
        """
        looks = {tuple(kind for kind in LOOKS if canonical(kind, text)) for text in self.texts}
        if len(looks) == 1:
            (look,) = looks
            if not look:
                return Kind.TEXT
            if len(look) == 1 and look[0] is not Kind.INTEGER:
                return look[0]
        raise FileRefused("the column is text and the ids could be of more than one kind: say it with --kind")


def namespaces() -> dict[str, Namespace]:
    """Return one namespace for each kind, named after it."""
    return {str(kind): Namespace(name=str(kind), kind=kind) for kind in Kind}


def read_ids(source: str, column: str | None, *, given: bytes | None = None, kind: Kind | None = None) -> Ids:
    """Read the identifiers from a file: one a line, or a column of a Parquet or CSV file.

    Args:
        source: the file's path; its end says whether it is Parquet or CSV.
        column: which column; a Parquet file with a single one needs none.
        given: what standard input gave, where the source is "-".
        kind: what they were said to be; text is taken as it stands.

    Raises:
        UsageRefused: the file cannot be read, holds none, leaves open which column, or has something around
            an id that is no part of it.
    """
    suffix = Path(source).suffix.lower()
    try:
        raw = Path(source).read_bytes() if given is None else given
        found: Iterable[object]
        if suffix in {".parquet", ".parq", ".pq"}:
            found = _parquet_column(raw, column)
        elif suffix == ".csv" or column is not None:
            found = _csv_column(raw.decode("utf-8-sig"), column)
        else:
            found = raw.decode("utf-8-sig").splitlines()
    except OSError as error:
        raise UsageRefused(f"the ids cannot be read: {error.strerror or 'the disk failed'}") from None
    except UnicodeDecodeError:
        raise UsageRefused("the ids cannot be read: the file is not UTF-8 text") from None
    except csv.Error:
        raise UsageRefused("the ids cannot be read: the file is not CSV") from None
    except pa.ArrowException:
        raise UsageRefused("the ids cannot be read: the file is not Parquet, or damaged") from None
    ids = _ids(found, "row" if column is not None or suffix == ".csv" else "line")
    if kind is not Kind.TEXT:
        _check_clean(ids)
    return ids


def _ids(found: Iterable[object], unit: str) -> Ids:
    numbered = [(str(text).strip(), number) for number, text in enumerate(found, start=1) if text is not None]
    kept = [(text, f"{unit} {number}") for text, number in numbered if text]
    if not kept:
        raise UsageRefused("there are no ids in what --ids names: nothing to look for")
    return Ids(texts=tuple(text for text, _ in kept), where=tuple(where for _, where in kept))


def _check_clean(ids: Ids) -> None:
    """Refuse what would be looked for in vain.

    Raises:
        UsageRefused: something stands around an id; the message says in which line.
    """
    for text, where in zip(ids.texts, ids.where, strict=True):
        if unclean(text):
            raise UsageRefused(f"{where} of the ids is not clean: {BARE}; --kind text takes it as it stands")


def _parquet_column(raw: bytes, column: str | None) -> list[object]:
    names = pq.read_schema(io.BytesIO(raw)).names
    name = column or (names[0] if len(names) == 1 else None)
    if name not in names:
        raise UsageRefused(WHICH if column is None else NO_COLUMN)
    values = pq.read_table(io.BytesIO(raw), columns=[name]).column(0)
    if not (_is_text(values.type) or pa.types.is_integer(values.type)):
        raise UsageRefused(f"column {name!r} of the ids file is {values.type}: integers or text are read")
    return list(values.to_pylist())


def _csv_column(text: str, column: str | None) -> list[str | None]:
    rows = csv.DictReader(io.StringIO(text), strict=True)
    if column is None or column not in (rows.fieldnames or ()):
        raise UsageRefused(WHICH if column is None else NO_COLUMN)
    return [row[column] for row in rows]


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)
