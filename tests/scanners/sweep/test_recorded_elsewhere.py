"""Sweeps of a real deployment: an erased person's identifiers come back where no key is declared."""

import contextlib
import json
import shutil

import dagster as dg
import pytest
from erasure_project import project
from small_lakes import LINKS, table, write
from sqlalchemy import select

from lineage_assets import Erasure, no_subject_data, pseudonym
from lineage_assets.declarations import Exempt, ExemptReason
from lineage_assets.identifiers import pseudonym_of
from rtbf_jobs.re_erase import file_children
from rtbf_ledger import findings, log, schema, vault
from rtbf_ledger.findings import FindingKind, FindingState
from rtbf_ledger.pseudonym_keys import pseudonym_key
from rtbf_ledger.readmissions import readmit
from rtbf_ledger.sweeps import SweepState
from scanners.residual import connect
from scanners.sweep import Sweeping, sweep_asset, sweepable

EVA, BOB = 770011223344, 770011223355
MAIL, OTHER, PHONE = "eva.lindqvist@films.example", "bob@films.example", "+4930555017042"
DEVICE = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
FREE = dg.AssetSpec(
    "free", owners=["team:b"], metadata=no_subject_data(because="counts", location="{lake}/free/")
)
BYTES = dg.AssetSpec(
    "bytes", metadata=no_subject_data(because="pixels", location="{lake}/bytes/", format="binary")
)
NOWHERE = dg.AssetSpec("nowhere", metadata=no_subject_data(because="a report that nobody keeps"))


SPECS = [
    table("people", {"id": "account", "mail": "email", "tel": "phone"}),
    table("devices", {"id": "account", "device": "device"}, links=LINKS),
    table("late", {"id": "account"}),
    table("training", {"who": pseudonym("account", hmac_key="training")}),
    table(
        "invoices",
        {"id": "account"},
        erasure=Erasure.NO_ACTION,
        exempt=Exempt(reason=ExemptReason.LEGAL_OBLIGATION, basis="tax law"),
    ),
    FREE,
    BYTES,
    NOWHERE,
]


@pytest.fixture(scope="module")
def erased(tmp_path_factory):
    """A folder with a deployment that Eva was erased from, by account, address and phone. For copying."""
    folder = tmp_path_factory.mktemp("erased") / "deployment"
    one = project(folder, SPECS)
    write(one.lake, "people", {"id": [EVA, BOB], "mail": [MAIL, OTHER], "tel": [PHONE, None]})
    write(one.lake, "devices", {"id": [EVA], "device": [DEVICE]})
    write(one.lake, "late", {"id": [EVA, BOB]})
    write(one.lake, "training", {"who": ["0" * 64]})
    write(one.lake, "invoices", {"id": [EVA]})
    write(one.lake, "free", {"n": [1, 2]})
    (one.lake / "bytes").mkdir()
    (one.lake / "bytes" / "a.bin").write_bytes(b"pixels")
    request = one.file(f"account={EVA}", f"email={MAIL}", f"phone={PHONE}")
    one.settle_directly()
    assert [] == [why.sentence for why in one.failures(request)]
    one.approve(request)
    one.settle_directly()
    assert [] == [why.sentence for why in one.failures(request)]
    one.ledger.engine.dispose()
    return folder


@pytest.fixture
def made(erased, tmp_path):
    """A deployment of its own that Eva was erased from; Bob is there."""
    shutil.copytree(erased, tmp_path / "made")
    return project(tmp_path / "made", SPECS)


@pytest.fixture
def sweep(made, tmp_path):
    """Sweep an asset, and file what is to be filed: sweep("late") returns the report."""
    with contextlib.closing(connect(tmp_path / "spill", threads=2, memory="1GB")) as connection:

        def one(asset):
            graph = made.control.graph
            report = sweep_asset(
                Sweeping(
                    ledger=made.ledger,
                    graph=graph,
                    place=made.settings.place,
                    connection=connection,
                    made=lambda _asset: (),
                ),
                asset,
                progress=lambda *_: None,
            )
            made.filed = file_children(made.ledger, graph, [report])
            return report

        yield one


def told(report):
    """Return (kind, rows, files, places, child) of each finding."""
    return [(one.kind, one.rows, one.files, one.places, one.child) for one in report.findings]


def entries(made, kind):
    """Return the log's entries of one kind."""
    with made.ledger.read() as tx:
        return [entry for text in log.entries(tx) if (entry := json.loads(text))["kind"] == kind]


def test_all_assets_with_a_location_are_swept_but_binary_ones(made):
    """One that declares to hold nobody, too; bytes cannot be compared with the list."""
    names = ["devices", "free", "invoices", "late", "people", "training"]
    assert names == sweepable(made.control.graph)


def test_a_late_partner_file_is_one_finding_until_it_is_gone(made, sweep):
    """Named with its column, opened and logged once, without a request; closed when it is gone."""
    assert SweepState.CLEAN is sweep("late").state
    path = write(made.lake, "late", {"id": [BOB], "contact": [f"<{MAIL}>"]}, file="partner.parquet")

    first, again = sweep("late"), sweep("late")

    expected = [(FindingKind.ELSEWHERE, 1, 1, ("contact",), None)]
    assert [] == made.filed
    assert (SweepState.FOUND, expected, expected) == (first.state, told(first), told(again))
    assert first.findings[0].id == again.findings[0].id
    assert [("elsewhere", 1)] == [(one["code"], one["count"]) for one in entries(made, "Resurrected")]
    assert 1 == again.swept.skipped

    path.unlink()
    assert SweepState.CLEAN is sweep("late").state
    assert [first.findings[0].id] == [one["finding"] for one in entries(made, "FindingClosed")]
    with made.ledger.read() as tx:
        assert [("contact",)] == [one.places for one in findings.of_asset(tx, "late", closed=True)]


def test_an_asset_that_declares_to_hold_nobody_is_swept(made, sweep):
    """In a name too; what is no table there is told, and makes it no less clean."""
    (made.lake / "free" / "notes.txt").write_text(MAIL)
    clean = sweep("free")
    assert (SweepState.CLEAN, 1) == (clean.state, clean.swept.unsearched)

    write(made.lake, "free", {"n": [3], "note": [f"of {MAIL}"]}, file=f"by={MAIL}/a.parquet")

    assert [(FindingKind.ELSEWHERE, 1, 1, ("(path)", "note"), None)] == told(sweep("free"))


def test_a_named_pseudonym_and_a_device_by_themselves(made, sweep):
    """A pseudonym is the account's; a device passes from hand to hand, and so does a phone number."""
    key = pseudonym_key(made.ledger, "training")
    write(made.lake, "free", {"h": [pseudonym_of(str(EVA), key)]}, file="b.parquet")
    assert [(FindingKind.ELSEWHERE, 1, 1, ("h",), None)] == told(sweep("free"))

    for name, value in (("device", DEVICE), ("note", f"call {PHONE}")):
        write(made.lake, "late", {"id": [BOB], name: [value]}, file="c.parquet")
        assert [(FindingKind.CASE, 1, 1, (name,), None)] == told(sweep("late"))


def test_the_gravest_stands_and_never_becomes_less(made, sweep):
    """A case, then her address, then her own row: each is logged, with the places of now."""
    late = {"id": [BOB], "note": [f"call {PHONE}"]}
    kinds = []
    for rows in (late, {"id": [BOB], "note": [MAIL]}, {"id": [EVA], "note": [MAIL]}, late):
        write(made.lake, "late", rows, file="c.parquet")
        kinds += [(one.kind, one.places) for one in sweep("late").findings]

    assert [
        (FindingKind.CASE, ("note",)),
        (FindingKind.ELSEWHERE, ("note",)),
        (FindingKind.RESURRECTION, ()),
        (FindingKind.RESURRECTION, ("note",)),
    ] == kinds
    assert ["case", "elsewhere", "resurrection"] == [one["code"] for one in entries(made, "Resurrected")]


def test_her_own_row_takes_all_along_and_its_request_names_no_more_than_keys_hold(made, sweep):
    """It goes with the row; what stands in another's row is told beside, and asks a person."""
    write(
        made.lake,
        "people",
        {"id": [EVA, BOB], "mail": [MAIL, OTHER], "tel": [None, None], "note": [MAIL, f"of {MAIL}"]},
    )

    (one,) = sweep("people").findings

    assert (FindingKind.RESURRECTION, 1, ("note",)) == (one.kind, one.rows, one.places)
    (child,) = made.filed
    with made.ledger.read() as tx:
        filed = vault.unseal(made.ledger, tx, child, "filed")
    assert {("account", str(EVA)), ("email", MAIL)} == {tuple(pair) for pair in filed["identifiers"]}


def test_who_is_being_erased_or_kept_has_not_come_back(made, sweep):
    """Under way, and by law: the certificate says so of the asset."""
    write(made.lake, "invoices", {"id": [BOB], "note": [MAIL]}, file="b.parquet")
    kept = sweep("invoices")
    request = made.file(f"account={BOB}", f"email={OTHER}")
    made.settle_directly()
    made.approve(request)
    for asked in made.ticks():
        made.phases(asked, until="walk")
    write(made.lake, "free", {"note": [OTHER]}, file="b.parquet")
    going = sweep("free")

    assert ((), 1, SweepState.CLEAN) == (kept.findings, kept.kept, kept.state)
    assert ((), 1, SweepState.CLEAN) == (going.findings, going.under_way, going.state)


def test_a_readmitted_person_is_nobodys_finding(made, sweep):
    """An open one ends."""
    write(made.lake, "free", {"note": [MAIL]}, file=f"{MAIL}.parquet")
    assert sweep("free").findings
    readmit(made.ledger, "email", MAIL, reason="new_contract", staff="staff-7")

    assert (SweepState.CLEAN, ()) == ((report := sweep("free")).state, report.findings)
    with made.ledger.read() as tx:
        assert [FindingState.CLOSED] == [one.state for one in findings.of_asset(tx, closed=True)]


def test_unchanged_files_are_skipped_until_anybody_strong_is_erased(made, sweep):
    """Whoever is erased by an address may stand anywhere, whatever keys the asset declares."""
    write(made.lake, "free", {"note": ["nobody"]}, file="b.parquet")
    assert [0, 2] == [sweep("free").swept.skipped for _ in range(2)]

    request = made.file(f"email={OTHER}")
    made.settle_directly()
    made.approve(request)
    made.settle_directly()

    assert ([0, 2], "closed") == ([sweep("free").swept.skipped for _ in range(2)], made.state(request))


def test_nothing_of_the_person_is_kept(made, sweep):
    """Neither the ledger, nor what is shown, holds a value, a MAC, a path or a label that names somebody."""
    write(made.lake, "free", {MAIL: [MAIL], "x": [OTHER]}, file=f"by={MAIL}/a.parquet")

    report = sweep("free")

    assert [("(column 1 by name)", "(path)")] == [one.places for one in report.findings]
    with made.ledger.read() as tx:
        rows = [str(row) for name in (schema.finding, schema.sweep) for row in tx.execute(select(name))]
        said = "".join([*rows, *log.entries(tx), repr(report), str(report)])
    assert [] == [each for each in (MAIL, OTHER, str(EVA)) if each in said]
