"""Whole deployments over random small lakes full of near-misses: what goes, what stays, and that it stays so.

The truth is the generator's own list of rows and whom each is about; files are read back with polars and the
`csv` module, never with our own readers, DuckDB or pyarrow.
"""

import csv
import hashlib
import hmac
import io
import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest
from erasure_project import NAMESPACES, Project, settings_in
from hypothesis import example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from lineage_assets import (
    Erasure,
    Exempt,
    ExemptReason,
    Kind,
    Namespace,
    in_text,
    link,
    mention,
    no_subject_data,
    pseudonym,
    subject_data,
)

SUBJECT, HOUSEMATE = 42, 43
PEOPLE = (SUBJECT, 4, 420, HOUSEMATE, 41, 142)
EMAILS = {
    42: "bob.berg@example.com",
    4: "bob.ber@example.com",
    420: "bob.berg@example.com.br",
    43: "xbob.berg@example.com",
    41: "bob.bergx@example.com",
    142: "bob_berg@example.com",
}
PHONES = {
    42: "+493023125042",
    4: "+49302312504",
    420: "+4930231250420",
    43: "+493023125043",
    41: "+493023125041",
    142: "+4930231250142",
}
HOUSEHOLD_TV = "0a0a0a0a-0000-4000-8000-00000000ffff"
LAKE_NAMESPACES = NAMESPACES | {"order": Namespace(name="order", kind=Kind.INTEGER)}
UNCHANGED = frozenset({"invoices", "popularity"})


def own_device(account: int) -> str:
    """Return the one device that is this account's alone."""
    return f"0a0a0a0a-0000-4000-8000-{account:012d}"


def written(text: str, form: int) -> str:
    """Return a text as people type it: as it is, in capitals, or with stray blanks and mixed case."""
    return (text, text.upper(), f" {text.title()} ")[form % 3]


def dialled(phone: str, form: int) -> str:
    """Return a phone number of +49 30 in one of three written forms."""
    rest = phone.removeprefix("+4930")
    return (phone, f"0049 30 {rest}", f"+49 (0)30 {rest[:4]}-{rest[4:]}")[form % 3]


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a lake holds, as the generator's own list: `None` is a row that is nobody's."""

    profiles: tuple[tuple[int, int], ...]
    shared: bool
    devices: tuple[int, ...]
    events: tuple[tuple[int, int | None, tuple[int, ...] | None], ...]
    sessions: tuple[str | None, ...]
    tickets: tuple[tuple[int | None, int | None, int | None], ...]
    contacts: tuple[tuple[int | None, int | None, int], ...]
    training: tuple[int, ...]
    invoices: tuple[int, ...]

    def devices_of(self, person: int) -> set[str]:
        """Return the devices that are linked to a person (the subject), and to nobody else."""
        own = {own_device(person)} if person in self.devices else set()
        return own if self.shared else own | {HOUSEHOLD_TV}

    def without(self, person: int) -> "Content":
        """Return the content of a lake that never held a person."""
        alone = self.devices_of(person)

        def others(listed: tuple[int, ...] | None) -> tuple[int, ...] | None:
            return None if listed is None else tuple(one for one in listed if one != person)

        return Content(
            profiles=tuple(row for row in self.profiles if row[0] != person),
            shared=self.shared,
            devices=tuple(one for one in self.devices if one != person),
            events=tuple((n, who, others(seen)) for n, who, seen in self.events if who != person),
            sessions=tuple(device for device in self.sessions if device not in alone),
            tickets=tuple(
                (who, None if about == person else about, None if cc == person else cc)
                for who, about, cc in self.tickets
                if who != person
            ),
            contacts=tuple(
                (who, None if by == person else by, form) for who, by, form in self.contacts if who != person
            ),
            training=tuple(one for one in self.training if one != person),
            invoices=tuple(one for one in self.invoices if one != person),
        )


PERSON = st.sampled_from(PEOPLE)
ANYBODY = st.none() | PERSON
FORM = st.integers(0, 2)
SOME = st.lists(PERSON, max_size=3).map(tuple)


@st.composite
def contents(draw: st.DrawFn) -> Content:
    """Draw a lake in which the subject has a profile, and may be anywhere else or not."""
    known = draw(st.permutations(PEOPLE))
    devices = [own_device(one) for one in PEOPLE] + [HOUSEHOLD_TV]
    events = draw(st.lists(st.tuples(ANYBODY, st.none() | SOME), min_size=1, max_size=14))
    return Content(
        profiles=tuple((one, draw(FORM)) for one in known),
        shared=draw(st.booleans()),
        devices=tuple(draw(st.lists(PERSON, unique=True))),
        events=tuple((n, who, seen) for n, (who, seen) in enumerate(events)),
        sessions=tuple(draw(st.lists(st.none() | st.sampled_from(devices), max_size=8))),
        tickets=tuple(draw(st.lists(st.tuples(ANYBODY, ANYBODY, ANYBODY), max_size=6))),
        contacts=tuple(draw(st.lists(st.tuples(ANYBODY, ANYBODY, FORM), max_size=6))),
        training=tuple(draw(st.lists(PERSON, max_size=8))),
        invoices=tuple(draw(st.lists(PERSON, max_size=4))),
    )


FILED = st.sampled_from(
    ["account=42", "account=+042", "email= Bob.Berg@Example.COM", "phone=0049 30 23125042"]
)


class SmallLake:
    """One lake in a folder: its files and its assets. An event says `n`, the place of its row at first."""

    def __init__(self, folder: Path, key: bytes) -> None:
        """Take the lake's folder and the key of the pseudonyms."""
        self.folder, self.key = folder, key

    def write(self, made: Content) -> None:
        """Write what an owner's systems hold, then build what is derived from it."""
        self._table("profiles", [_profile(*row) for row in made.profiles], account=pl.Int64)
        self._table("devices", _links(made), account=pl.String, device=pl.String)
        self._events(made)
        sessions = [
            {"viewer": None if one is None else {"device": one, "app": "tv"}} for one in made.sessions
        ]
        self._table("sessions", sessions, viewer=pl.Struct({"device": pl.String, "app": pl.String}))
        self._table("tickets", [_ticket(*row) for row in made.tickets], payload=pl.String, body=pl.String)
        rows = [_contact(*row) for row in made.contacts]
        self._csv("contacts", "contacts.csv", [["account", "referrer", "note"], *rows])
        self._table(
            "training", [{"subject": self.pseudonym(one)} for one in made.training], subject=pl.String
        )
        self._table("invoices", [{"account": one} for one in made.invoices], account=pl.Int64)
        self.features()
        self.export()
        self.report()
        self.tiers(self.read("invoices"))
        self._table("popularity", [{"times": len(made.events), "film": SUBJECT}], times=pl.Int64)

    def pseudonym(self, account: int) -> str:
        """Return the HMAC-SHA256 of an account, computed here."""
        return hmac.new(self.key, str(account).encode(), hashlib.sha256).hexdigest()

    def read(self, asset: str) -> pl.DataFrame:
        """Return the rows of a Parquet asset in the order of its files."""
        return pl.concat([pl.read_parquet(file) for file in sorted((self.folder / asset).glob("*.parquet"))])

    def features(self) -> None:
        """Count the events of each account."""
        events = self.read("events").drop_nulls("account")
        made = events.group_by("account").agg(pl.len().alias("seen"), pl.col("film").sum()).sort("account")
        self._write("features", made)

    def export(self) -> None:
        """Write one CSV file for each account that has features."""
        for row in self.read("features").rows(named=True):
            self._csv("export", f"{row['account'] * 7919}.csv", [["account", "seen"], list(row.values())[:2]])
        (self.folder / "export").mkdir(exist_ok=True)

    def report(self) -> None:
        """Count what was exported, by account."""
        files = sorted((self.folder / "export").glob("*.csv"))
        rows = [row for file in files for row in csv.DictReader(io.StringIO(file.read_text()))]
        made = pl.DataFrame(
            {"account": [row["account"] for row in rows], "seen": [int(row["seen"]) for row in rows]},
            schema={"account": pl.String, "seen": pl.Int64},
        )
        self._write("report", made.sort("account"))

    def tiers(self, invoices: pl.DataFrame) -> None:
        """Count the invoices that are given, by account."""
        self._write("tiers", invoices.group_by("account").agg(pl.len().alias("paid")).sort("account"))

    def frames(self) -> dict[str, Any]:
        """Return asset -> what its files hold: frames by file, or the lines of CSV files."""
        return {
            asset.name: {
                file.name: pl.read_parquet(file) if file.suffix == ".parquet" else file.read_bytes()
                for file in sorted(asset.iterdir())
            }
            for asset in sorted(self.folder.iterdir())
        }

    def digest(self) -> dict[str, str]:
        """Return relative path -> SHA-256 of every file."""
        files = [file for file in sorted(self.folder.rglob("*")) if file.is_file()]
        return {str(f.relative_to(self.folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}

    def assets(self) -> list[Any]:
        """Return the lake's assets; a rebuild runs the very functions above."""
        lake = self

        def owned(name: str, erasure: Erasure, keys: dict[str, Any], **more: Any) -> dict[str, Any]:
            location = "{lake}/contacts/contacts.csv" if name == "contacts" else f"{{lake}}/{name}/"
            declared = {"purposes": {"test"}, "retention_days": 9, "keys": keys, "erasure": erasure}
            return {
                "owners": ["team:test"],
                "metadata": subject_data(location, **declared, **more),
            }

        rows, rebuilt = Erasure.DELETE_ROWS, Erasure.REBUILD
        profiles = dg.AssetSpec(
            "profiles",
            **owned(
                "profiles",
                rows,
                {"account": "account", "email": "email", "phone": "phone"},
                links=[
                    link("account", "email"),
                    link("account", "phone"),
                    link("email", "account", identifies=True),
                    link("phone", "account", identifies=True),
                ],
            ),
        )
        kept = Exempt(reason=ExemptReason.LEGAL_OBLIGATION, basis="Section 147 AO")
        keys = {
            "devices": {"account": "account", "device": "device"},
            "events": {"account": "account", "order": "order", "viewers[]": mention("account")},
            "sessions": {"viewer.device": "device"},
            "contacts": {"account": "account", "referrer": mention("email")},
            "training": {"subject": pseudonym("account", hmac_key="training")},
        }
        more: dict[str, dict[str, Any]] = {
            "devices": {"links": [link("account", "device", cardinality="many_to_many")]},
            "contacts": {"format": "csv"},
        }
        specs = [
            dg.AssetSpec(name, deps=[profiles], **owned(name, rows, keys[name], **more.get(name, {})))
            for name in keys
        ]
        ticket_keys = {
            "payload::requester.account": "account",
            "payload::cc": mention("email"),
            "body": in_text("email"),
        }
        redacted = owned("tickets", Erasure.REDACT_COLUMNS, ticket_keys, redact=["payload", "body"])
        tickets = dg.AssetSpec("tickets", deps=[profiles], **redacted)
        invoices = dg.AssetSpec(
            "invoices", **owned("invoices", Erasure.NO_ACTION, {"account": "account"}, exempt=kept)
        )

        @dg.asset(deps=["events"], **owned("features", rebuilt, {"account": "account"}))
        def features() -> None:
            lake.features()

        export = dg.AssetSpec(
            "export",
            deps=[features],
            **owned("export", Erasure.DELETE_FILE, {"account": "account"}, format="csv"),
        )

        @dg.asset(deps=[export], **owned("report", rebuilt, {"account": "account"}))
        def report() -> None:
            lake.report()

        declared = owned("tiers", rebuilt, {"account": "account"}, filters_suppressed=True)

        @dg.asset(deps=[invoices], **declared)
        def tiers(rtbf_suppression: dg.ResourceParam[Any]) -> None:
            lake.tiers(rtbf_suppression.filter_polars(lake.read("invoices"), "account", "account"))

        free = no_subject_data(because="one number", location="{lake}/popularity/")
        popularity = dg.AssetSpec("popularity", deps=["events"], metadata=free)
        return [profiles, *specs, tickets, invoices, features, export, report, tiers, popularity]

    def _events(self, made: Content) -> None:
        rows = [_event(*row) for row in made.events]
        kinds = {"n": pl.Int64, "account": pl.Int32, "viewers": pl.List(pl.Int64)}
        kinds |= {"order": pl.Int64, "film": pl.Int64}
        self._table("events", rows, **kinds)

    def _table(self, asset: str, rows: list[dict[str, Any]], **kinds: Any) -> None:
        names = list(rows[0]) if rows else list(kinds)
        frame = pl.DataFrame(
            {name: pl.Series(name, [row[name] for row in rows], dtype=kinds.get(name)) for name in names}
        )
        self._write(asset, frame)

    def _write(self, asset: str, frame: pl.DataFrame) -> None:
        (self.folder / asset).mkdir(parents=True, exist_ok=True)
        frame.write_parquet(
            self.folder / asset / "part-0.parquet", compression="uncompressed", row_group_size=3
        )

    def _csv(self, asset: str, name: str, rows: list[list[Any]]) -> None:
        (self.folder / asset).mkdir(parents=True, exist_ok=True)
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\r\n").writerows(rows)
        (self.folder / asset / name).write_bytes(text.getvalue().encode())


def _profile(account: int, form: int) -> dict[str, Any]:
    return {
        "account": account,
        "email": written(EMAILS[account], form),
        "phone": dialled(PHONES[account], form),
    }


def _links(made: Content) -> list[dict[str, Any]]:
    rows = [(f"0{one}" if one % 2 else str(one), own_device(one)) for one in made.devices]
    rows += [(" 42 ", HOUSEHOLD_TV.upper())] if SUBJECT in [who for who, _ in made.profiles] else []
    rows += [("043", HOUSEHOLD_TV)] if made.shared else []
    return [{"account": account, "device": device} for account, device in [*rows, (None, own_device(7))]]


def _event(number: int, who: int | None, viewers: tuple[int, ...] | None) -> dict[str, Any]:
    film = 17 if number % 2 else SUBJECT
    listed = None if viewers is None else list(viewers)
    order = 7 if who == SUBJECT else SUBJECT
    return {"n": number, "account": who, "viewers": listed, "order": order, "film": film}


def _ticket(who: int | None, about: int | None, cc: int | None) -> dict[str, Any]:
    copied = {} if cc is None else {"cc": written(EMAILS[cc], cc)}
    payload = {"requester": {"account": who, "film": SUBJECT}, **copied}
    body = "film 42 froze after 4 minutes" if about is None else f"ask <{EMAILS[about].title()}>, please"
    return {"payload": json.dumps(payload), "body": body}


def _contact(who: int | None, by: int | None, form: int) -> list[str]:
    account = "" if who is None else f"0{who}"
    return [account, "" if by is None else written(EMAILS[by], form), 'a "note"\nof two lines; 42']


# --- the independent search ---


def texts(value: Any) -> Iterator[str]:
    """Yield every text and number inside a cell, as text."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for one in value:
            yield from texts(one)
    elif value is not None:
        yield str(value)


def signs_of(lake: SmallLake, devices: set[str]) -> list[str]:
    """Return what betrays the subject in any lower-cased text without separators of phone numbers."""
    return [EMAILS[SUBJECT], PHONES[SUBJECT].removeprefix("+"), lake.pseudonym(SUBJECT), *devices]


def betrayed(text: str, signs: list[str]) -> list[str]:
    """Return the signs that stand in a text on their own, not as a part of somebody else's."""
    bare = re.sub(r"(?<=[\d+)])[ ()/-]+(?=[\d(])", "", text.lower().replace("(0)", ""))
    around = r"(?<![\w.+-]){}(?![\w-]|\.\w)"
    phone = r"(?<!\d)(?:\+|00){}(?!\d)"
    return [
        sign
        for sign in signs
        if re.search((phone if sign.isdigit() else around).format(re.escape(sign)), bare)
    ]


def accounts_in(frame: pl.DataFrame) -> set[int]:
    """Return the accounts under the columns and fields that hold accounts."""
    found = {
        text for name in ("account", "viewers") if name in frame for text in texts(frame[name].to_list())
    }
    for payload in frame["payload"].drop_nulls() if "payload" in frame else ():
        found |= set(texts(json.loads(payload)["requester"].get("account")))
    return {int(text) for text in found if text.strip()}


def left_of_the_subject(lake: SmallLake, devices: set[str]) -> list[str]:
    """Search every file that has to be free of the subject; returns where they still are."""
    signs, found = signs_of(lake, devices), []
    for file in sorted(lake.folder.rglob("*")):
        if not file.is_file() or file.parent.name in UNCHANGED:
            continue
        raw = file.read_bytes().decode("latin-1").lower()
        if any(sign in raw for sign in (lake.pseudonym(SUBJECT), *devices)):
            found.append(f"{file.name}: bytes")
        frame = _frame(file)
        cells = [text for name in frame.columns for text in texts(frame[name].to_list())]
        if any(betrayed(text, signs) for text in cells) or SUBJECT in accounts_in(frame):
            found.append(f"{file.parent.name}/{file.name}")
    return found


def _frame(file: Path) -> pl.DataFrame:
    if file.suffix == ".parquet":
        return pl.read_parquet(file)
    header, *rows = csv.reader(io.StringIO(file.read_bytes().decode(), newline=""))
    return pl.DataFrame(rows, schema=dict.fromkeys(header, pl.String), orient="row")


# --- what has to be there afterwards ---


def expected_tickets(made: Content) -> list[tuple[str | None, str | None]]:
    """Return payload and body of every ticket after the erasure: emptied where they are the subject's."""
    rows: list[tuple[str | None, str | None]] = []
    for who, about, cc in made.tickets:
        row = _ticket(who, about, None if cc == SUBJECT else cc)
        rows.append(
            (None, None) if who == SUBJECT else (row["payload"], None if about == SUBJECT else row["body"])
        )
    return rows


def deployment(folder: Path) -> tuple[SmallLake, Project]:
    """Return an empty lake and its deployment."""
    lake = SmallLake(folder / "lake", b"")
    made = Project(
        settings=settings_in(folder, namespaces=LAKE_NAMESPACES),
        theirs=dg.Definitions(assets=lake.assets()),
        instance=dg.DagsterInstance.ephemeral(tempdir=str(folder)),
    )
    lake.key = made.ledger.keys.named("pseudonym/training")
    return lake, made


def erase(made: Project, *identifiers: str) -> str:
    """File, approve and settle one request."""
    request_id = made.file(*identifiers)
    made.settle_directly()
    made.approve(request_id, confirm_nothing=True)
    made.settle_directly()
    return request_id


@contextmanager
def erased(content: Content, filed: str) -> Iterator[tuple[SmallLake, Project]]:
    """Erase the subject from a lake, and compare with the generator's list and with a twin lake."""
    with tempfile.TemporaryDirectory() as name:
        lake, made = deployment(Path(name))
        lake.write(content)
        before = lake.frames()
        request_id = erase(made, filed)
        assert [] == made.failures(request_id)

        undecided = content.shared and HOUSEHOLD_TV in content.sessions
        assert ("partly_closed" if undecided else "closed") == made.state(request_id)
        assert undecided == (made.verdicts(request_id)["sessions"] == "needs_decision")

        twin = SmallLake(Path(name) / "twin", lake.key)
        twin.write(content.without(SUBJECT))
        after, never = lake.frames(), twin.frames()
        for asset in sorted(set(after) - UNCHANGED - {"tickets"}):
            assert_same(asset, never[asset], after[asset])
        for asset in UNCHANGED:
            assert_same(asset, before[asset], after[asset])
        assert expected_tickets(content) == lake.read("tickets").select("payload", "body").rows()

        assert [] == left_of_the_subject(lake, content.devices_of(SUBJECT))
        yield lake, made


def assert_same(asset: str, expected: dict[str, Any], actual: dict[str, Any]) -> None:
    """Compare the files of an asset: same names, schemas, rows and order; CSV byte by byte."""
    assert sorted(expected) == sorted(actual), asset
    for name, frame in expected.items():
        if isinstance(frame, bytes):
            assert frame == actual[name], asset
        else:
            assert_frame_equal(frame, actual[name], check_exact=True)


def check_again(content: Content, lake: SmallLake, made: Project) -> None:
    """Erase the subject again: the second request finds nothing to do and changes no file."""
    once = lake.digest()

    second = made.file("account=42")
    made.settle_directly()
    kept = SUBJECT in content.invoices
    assert (None if kept else "nothing_found") == made.attention(second)
    made.approve(second, confirm_nothing=not kept)
    made.settle_directly()

    assert "closed" == made.state(second)
    assert once == lake.digest()
    verdicts = made.verdicts(second)
    rebuilt = {"tiers": "rebuilt"} if kept else {}
    expected = dict.fromkeys(verdicts, "not_affected") | {"invoices": "exempt"} | rebuilt
    assert expected == verdicts


MIXED = Content(
    profiles=((43, 2), (42, 1), (420, 2), (142, 0), (4, 1), (41, 2)),
    shared=True,
    devices=(42, 4, 43),
    events=(
        (0, 42, (43,)),
        (1, 43, (42, 41, 42)),
        (2, None, None),
        (3, 420, (42,)),
        (4, 42, None),
        (5, None, (42, 4)),
        (6, 4, ()),
    ),
    sessions=(None, own_device(42), HOUSEHOLD_TV, own_device(420), HOUSEHOLD_TV),
    tickets=((42, 43, 41), (43, 42, 42), (None, 42, None), (420, None, 142), (4, 420, 42)),
    contacts=((42, 4, 0), (43, 42, 1), (None, None, 2), (420, 142, 2), (None, 42, 2)),
    training=(42, 420, 4, 42),
    invoices=(43, 420),
)


def test_an_erased_lake_equals_one_that_never_held_the_person_and_stays_so() -> None:
    """Nothing of the person is left, nobody else's row changed, a rebuild is as if they had never been.

    A second request finds nothing, is confirmed, closes, and changes no byte of the lake.
    """
    with erased(MIXED, "email= Bob.Berg@Example.COM") as (lake, made):
        check_again(MIXED, lake, made)


@pytest.mark.slow
@pytest.mark.long
@given(contents(), FILED)
@example(MIXED, "phone=0049 30 23125042")
@settings(max_examples=25)
def test_many_erased_lakes_equal_lakes_that_never_held_the_person(content: Content, filed: str) -> None:
    """The same as above, over more lakes, once each."""
    with erased(content, filed):
        pass


@pytest.mark.slow
@given(contents(), FILED)
@settings(max_examples=10)
def test_erasing_twice_is_erasing_once_in_many_lakes(content: Content, filed: str) -> None:
    """The same as above, over more lakes."""
    with erased(content, filed) as (lake, made):
        check_again(content, lake, made)
