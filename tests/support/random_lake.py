"""Random lakes: a graph of assets of every strategy, on real files, with people planted by construction.

The lake knows what it wrote: which rows are about whom, what is kept by law, and what each rebuild must hold
once somebody is gone. It reads its files back with polars alone.
"""

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

import dagster as dg
import polars as pl

from lineage_assets import (
    Erasure,
    Exempt,
    ExemptReason,
    Key,
    link,
    mention,
    no_subject_data,
    pseudonym,
    subject_data,
)

PEOPLE = (7, 70, 77, 107, 700, 71, 17, 8)
LAYERS = 6
HMAC_KEY = "training"
KINDS = {
    "delete_rows": 34,
    "redact_columns": 8,
    "rebuild": 18,
    "retrain": 4,
    "delete_file": 6,
    "exempt": 10,
    "no_action": 4,
    "free": 10,
    "stated": 6,
}
BUILT = frozenset({"rebuild", "retrain"})
NOBODY = frozenset({"free", "stated"})

Row = tuple[int, int | None, int | None]
Keys = dict[str, str | Key]


def email(person: int) -> str:
    """Return the e-mail address of a person."""
    return f"user{person}@example.com"


def device(person: int) -> str:
    """Return the one device of a person."""
    return f"0b0b0b0b-0000-4000-8000-{person:012d}"


def hashed(person: int, key: bytes) -> str:
    """Return the pseudonym of a person's account, computed here."""
    return hmac.new(key, str(person).encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Form:
    """How a table is keyed: its declared keys, and the cells of a row by owner, mention and pseudonym key."""

    keys: Keys
    cells: Callable[[int | None, int | None, bytes], dict[str, Any]]
    kinds: Mapping[str, Any]
    format: str = "parquet"


def _json(owner: int | None) -> str:
    return json.dumps({"requester": {"account": None if owner is None else str(owner)}, "page": 7})


FORMS: dict[str, Form] = {
    "integer": Form({"user": "account"}, lambda o, _m, _k: {"user": o}, {"user": pl.Int64}),
    "text": Form(
        {"user": "account"}, lambda o, _m, _k: {"user": None if o is None else f"00{o}"}, {"user": pl.String}
    ),
    "email": Form(
        {"mail": "email"},
        lambda o, _m, _k: {"mail": None if o is None else f" {email(o).title()}"},
        {"mail": pl.String},
    ),
    "device": Form(
        {"device": "device"},
        lambda o, _m, _k: {"device": None if o is None else device(o).upper()},
        {"device": pl.String},
    ),
    "nested": Form(
        {"who.account": "account"},
        lambda o, _m, _k: {"who": None if o is None else {"account": o}},
        {"who": pl.Struct({"account": pl.Int32})},
    ),
    "pseudonym": Form(
        {"subject": pseudonym("account", hmac_key=HMAC_KEY)},
        lambda o, _m, k: {"subject": None if o is None else hashed(o, k)},
        {"subject": pl.String},
    ),
    "mention": Form(
        {"user": "account", "seen[]": mention("account")},
        lambda o, m, _k: {"user": o, "seen": [] if m is None else [m]},
        {"user": pl.Int64, "seen": pl.List(pl.Int64)},
    ),
    "json": Form(
        {"payload::requester.account": "account"},
        lambda o, _m, _k: {"payload": _json(o)},
        {"payload": pl.String},
    ),
    "csv": Form(
        {"user": "account"},
        lambda o, _m, _k: {"user": None if o is None else f"0{o}"},
        {"user": pl.String},
        format="csv",
    ),
}


@dataclass(kw_only=True)
class Asset:
    """One asset of a random lake: what it does, how it is keyed, what it is made from, what was planted."""

    name: str
    kind: str
    form: str
    parents: tuple[str, ...]
    filters: bool = False
    rows: tuple[Row, ...] = ()

    def planted(self, without: tuple[int, ...] = ()) -> Counter[int]:
        """Count each person in rows and mentions; a row goes with its owner, and with it whom it mentions."""
        rows = [row for row in self.rows if row[1] not in without]
        people = (one for _, owner, other in rows for one in (owner, other))
        return Counter(one for one in people if one is not None and one not in without)


@dataclass
class RandomLake:
    """A lake of `size` assets in a folder, drawn with `chance`; `erased` are the people who will go."""

    folder: Path
    chance: Random
    size: int
    erased: tuple[int, ...]
    key: bytes = b""
    assets: dict[str, Asset] = field(default_factory=dict)
    _known: dict[tuple[int, ...], dict[str, Counter[int]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Draw the graph and what is planted."""
        profile = Asset(name="people", kind="delete_rows", form="profile", parents=())
        profile.rows = tuple((number, person, None) for number, person in enumerate(PEOPLE))
        self.assets = {"people": profile}
        layers: list[list[str]] = [["people"]]
        for number in range(1, self.size):
            layer = min(number * LAYERS // self.size, LAYERS - 1)
            while len(layers) <= layer:
                layers.append([])
            asset = self._drawn(f"a{number:04}", [name for names in layers[:layer] for name in names])
            self.assets[asset.name] = asset
            layers[layer].append(asset.name)

    def _drawn(self, name: str, above: list[str]) -> Asset:
        chance = self.chance
        (kind,) = chance.choices(list(KINDS), weights=list(KINDS.values()))
        if kind in BUILT:
            above = [up for up in above if self.assets[up].kind not in NOBODY]
        parents = tuple(sorted(chance.sample(above, min(len(above), chance.randint(1, 3)))))
        if kind in BUILT and not parents:
            kind = "delete_rows"
        form = chance.choice(sorted(FORMS))
        if kind == "redact_columns" and form == "mention":
            form = "integer"
        if kind == "delete_file":
            form = chance.choice(["integer", "csv"])
        asset = Asset(name=name, kind=kind, form=form, parents=parents)
        asset.filters = kind in BUILT and chance.random() < 0.4
        if kind not in BUILT | NOBODY:
            asset.rows = tuple(self._rows(kind, form))
        return asset

    def _rows(self, kind: str, form: str) -> Iterable[Row]:
        people = [person for person in PEOPLE if kind != "no_action" or person not in self.erased]
        present = self.chance.sample(people, self.chance.randint(0, len(people)))
        owners = [self.chance.choice([None, *present]) for _ in range(self.chance.randint(1, 9))]
        for number, owner in enumerate(owners):
            others = [one for one in present if one != owner]
            named = form == "mention" and others and self.chance.random() < 0.5
            yield number, owner, self.chance.choice(others) if named else None

    # --- the truth ---

    def kept(self, name: str) -> bool:
        """Whether the law, or a source that is kept, keeps an asset as it is."""
        asset = self.assets[name]
        if asset.kind == "exempt":
            return True
        return asset.kind in BUILT and not asset.filters and any(map(self.kept, asset.parents))

    def holds(self, name: str, *, without: tuple[int, ...] = ()) -> Counter[int]:
        """Return how often an asset holds each person, before or (`without`) after an erasure."""
        if without not in self._known:
            self._known[without] = self._counted(without)
        return self._known[without][name]

    def _counted(self, without: tuple[int, ...]) -> dict[str, Counter[int]]:
        found: dict[str, Counter[int]] = {}
        for name, asset in self.assets.items():  # a parent is always drawn before its children
            if without and asset.kind in BUILT and self.kept(name):
                found[name] = self.holds(name)
                continue
            if asset.kind not in BUILT:
                found[name] = asset.planted(() if asset.kind == "exempt" else without)
                continue
            own = sum((found[up] for up in asset.parents), Counter[int]())
            gone = without if asset.filters else ()
            found[name] = Counter({one: n for one, n in own.items() if one not in gone})
        return found

    # --- the files ---

    def write(self) -> None:
        """Write every asset: what is planted, and what is built from it."""
        for name, asset in self.assets.items():
            if asset.kind in BUILT:
                self.build(name)
            elif asset.kind != "stated":
                self._plant(asset)

    def _plant(self, asset: Asset) -> None:
        folder = self.folder / asset.name
        folder.mkdir(parents=True, exist_ok=True)
        if asset.kind == "free":
            pl.DataFrame({"times": [7, 70]}).write_parquet(folder / "all.parquet")
            return
        parts: dict[str, list[Row]] = {}
        for row in asset.rows:
            alone = asset.kind == "delete_file"
            parts.setdefault(f"{row[1] or 0 if alone else row[0] % 2}", []).append(row)
        for part, rows in parts.items():
            frame = self._frame(asset, rows)
            if FORMS.get(asset.form, FORMS["integer"]).format == "csv":
                frame.write_csv(folder / f"part-{int(part) * 7919}.csv")
            else:
                frame.write_parquet(folder / f"part-{int(part) * 7919}.parquet", row_group_size=2)

    def _frame(self, asset: Asset, rows: list[Row]) -> pl.DataFrame:
        if asset.form == "profile":
            people = [person for _, person, _ in rows if person is not None]
            mails, devices = [email(one) for one in people], [device(one) for one in people]
            return pl.DataFrame(
                {"n": [n for n, _, _ in rows], "user": people, "mail": mails, "device": devices}
            )
        form = FORMS[asset.form]
        cells = [form.cells(owner, other, self.key) for _, owner, other in rows]
        columns = {
            name: pl.Series(name, [cell[name] for cell in cells], dtype=kind)
            for name, kind in form.kinds.items()
        }
        return pl.DataFrame({"n": [n for n, _, _ in rows], **columns})

    def build(self, name: str, drop: Callable[[pl.DataFrame], pl.DataFrame] | None = None) -> None:
        """Build an asset from its parents' files as they are now: how often each holds each person."""
        total: Counter[int] = Counter()
        for up in self.assets[name].parents:
            total += Counter(person for _, person in self.seen(up).elements())
        people = sorted(total)
        counts = {"user": people, "times": [total[one] for one in people]}
        frame = pl.DataFrame(counts, schema={"user": pl.Int64, "times": pl.Int64})
        (self.folder / name).mkdir(parents=True, exist_ok=True)
        (drop(frame) if drop else frame).write_parquet(self.folder / name / "all.parquet")

    def seen(self, name: str) -> Counter[tuple[int, int]]:
        """Return (row, person) -> how often, as the asset's files say now; a built asset has one row, 0."""
        asset = self.assets[name]
        if asset.kind in NOBODY:
            return Counter()
        found: Counter[tuple[int, int]] = Counter()
        for row in self._read(asset):
            if asset.kind in BUILT:
                found[0, row["user"]] += row["times"]
                continue
            number = int(row.pop("n"))
            held = [row["user"]] if asset.form == "profile" else list(row.values())
            found.update((number, self.who[text]) for text in _texts(held) if text in self.who)
        return found

    def rows_of(self, name: str) -> int:
        """Return how many rows an asset has now, whoever they are about."""
        return sum(1 for _ in self._read(self.assets[name]))

    def _read(self, asset: Asset) -> Iterable[dict[str, Any]]:
        for file in sorted((self.folder / asset.name).glob("*.*")):
            frame = pl.read_csv(file, infer_schema=False) if file.suffix == ".csv" else pl.read_parquet(file)
            yield from frame.rows(named=True)

    @cached_property
    def who(self) -> dict[str, int]:
        """Return every way in which a person is written, in lower case and without blanks or zeros -> who."""
        written = {}
        for person in PEOPLE:
            forms = (str(person), email(person), device(person), hashed(person, self.key))
            written |= dict.fromkeys((text.lstrip("0") for text in forms), person)
        return written

    # --- what Dagster sees ---

    def definitions(self) -> list[Any]:
        """Return the assets as Dagster has them, each with its declaration."""
        return [self._asset(asset) for asset in self.assets.values()]

    def _asset(self, asset: Asset) -> Any:
        metadata, owners = self._declared(asset), ["team:test"]
        if asset.kind not in BUILT:
            return dg.AssetSpec(asset.name, deps=asset.parents, owners=owners, metadata=metadata)
        options: dict[str, Any] = {"name": asset.name, "deps": list(asset.parents), "owners": owners}
        if not asset.filters:

            @dg.asset(**options, metadata=metadata)
            def built() -> None:
                self.build(asset.name)

            return built

        @dg.asset(**options, metadata=metadata)
        def filtered(rtbf_suppression: dg.ResourceParam[Any]) -> None:
            self.build(asset.name, lambda frame: rtbf_suppression.filter_polars(frame, "user", "account"))

        return filtered

    def _declared(self, asset: Asset) -> dict[str, Any]:
        place = f"{{lake}}/{asset.name}/"
        if asset.kind in NOBODY:
            return no_subject_data(because="counts", location=place if asset.kind == "free" else None)
        form = FORMS.get(asset.form, FORMS["integer"])
        keys: Keys = {"user": "account"} if asset.kind in BUILT else form.keys
        more: dict[str, Any] = {"format": form.format} if asset.kind not in BUILT else {}
        if asset.form == "profile":
            keys = {"user": "account", "mail": "email", "device": "device"}
            more["links"] = [link("account", "email"), link("account", "device")]
        if asset.kind == "exempt":
            more["exempt"] = Exempt(reason=ExemptReason.LEGAL_OBLIGATION, basis="the law of tests")
        if asset.kind == "redact_columns":
            more["redact"] = list(form.kinds)
        if asset.kind in BUILT:
            more["filters_suppressed"] = asset.filters
        erasure = Erasure("no_action" if asset.kind == "exempt" else asset.kind)
        return subject_data(place, keys=keys, purposes={"test"}, erasure=erasure, retention_days=9, **more)


def _texts(value: Any) -> Iterable[str]:
    """Yield every text inside a cell, without blanks and leading zeros, JSON texts opened."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, str) and value.startswith("{"):
        yield from _texts(json.loads(value)["requester"])
    elif value is not None:
        yield str(value).strip().lower().lstrip("0")
