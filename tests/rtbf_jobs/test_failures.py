"""What cannot be done fails loud: which asset and why, the vault entry kept, and no value told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
import pytest
from erasure_project import Project, project
from small_lakes import LINKS, check_failed, counts, read, table, undeclared, write
from sqlalchemy import update

from lineage_assets import Erasure, link
from lineage_assets.errors import GraphError
from rtbf_desk.reading import preview, request_detail
from rtbf_ledger import requests, schema
from rtbf_ledger.errors import StateError
from sensors import rebuilds

ACCOUNT, EMAIL = "account=4242427", "email=ada.lovelace@example.com"
VALUES = ("4242427", "ada.lovelace@example.com")


def _filed(made: Project, *identifiers: str) -> str:
    request_id = made.file(*(identifiers or (ACCOUNT,)))
    made.settle_directly()
    return request_id


def _approved(made: Project, *request_ids: str) -> None:
    made.approve(*request_ids)
    made.settle_directly()


def test_undeclared_assets_refuse_to_load(tmp_path: Path) -> None:
    """Where the settings say so nothing loads, and the sentence names every undeclared asset."""
    events = table("events", {"user": "account"})
    theirs = [events, undeclared("copy", deps=[events]), undeclared("alone")]
    with pytest.raises(GraphError) as refused:
        project(tmp_path, theirs)
    assert ["asset alone:", "asset copy:"] == [
        " ".join(line.split()[:2]) for line in str(refused.value).splitlines()[1:]
    ]


def test_an_undeclared_asset_downstream_fails_the_request(tmp_path: Path) -> None:
    """A project that loads all the same has a red check, and each request that reaches the asset fails."""
    events = table("events", {"user": "account"})
    theirs = [events, undeclared("copy", deps=[events]), undeclared("alone")]
    made = project(tmp_path, theirs, undeclared="refuse_request")
    write(made.lake, "events", {"user": [4242427]})
    request_id = _filed(made)
    check_failed(made, request_id, "undeclared_reached", "copy", *VALUES)
    assert ["copy"] == [item.asset for item in made.failures(request_id)]
    checks = [one for one in made.defs.asset_checks or [] if "rtbf_declared" in str(one.check_keys)]
    run = dg.materialize(
        [*theirs, *checks], selection=dg.AssetSelection.all_asset_checks(), instance=made.instance
    )
    red = {item.asset_key.to_user_string(): item.passed for item in run.get_asset_check_evaluations()}
    assert {"alone": False, "copy": False} == red


def test_an_undeclared_asset_that_nothing_reaches_is_named(tmp_path: Path) -> None:
    """It does not block the request; the certificate says that it is not covered."""
    made = project(
        tmp_path, [table("events", {"user": "account"}), undeclared("alone")], undeclared="refuse_request"
    )
    write(made.lake, "events", {"user": [4242427, 1]})
    request_id = _filed(made)
    _approved(made, request_id)
    assert "closed" == made.state(request_id)
    named = [text for text in made.body(request_id)["not_covered"] if "alone" in text]
    assert ["Asset alone declares nothing"] == [text.partition(";")[0] for text in named]


def _missing_folder(lake: Path) -> None:
    """Nobody wrote the asset."""


def _renamed(lake: Path) -> None:
    write(lake, "events", {"user_id": [4242427, 1]})


def _renamed_in_one_file(lake: Path) -> None:
    write(lake, "events", {"user": [4242427, 1]})
    write(lake, "events", {"user_id": [4242427, 1]}, file="b.parquet")


def _float(lake: Path) -> None:
    write(lake, "events", {"user": [4242427.0, None]})


def _unreadable(lake: Path) -> None:
    path = write(lake, "events", {"user": [4242427, 1]})
    path.write_bytes(path.read_bytes()[:-9] + b"\x00" * 5 + b"PAR1")


def _garbage(lake: Path) -> None:
    path = write(lake, "events", {"user": [4242427, 1]})
    body = bytearray(path.read_bytes())
    body[4:40] = b"\xff" * 36
    path.write_bytes(body)


class _Kms(pe.KmsClient):
    """Wraps keys by not wrapping them: enough to write an encrypted file."""

    def __init__(self, _config: pe.KmsConnectionConfig) -> None:
        """Take the configuration that pyarrow hands over."""
        super().__init__()

    def wrap_key(self, key_bytes: bytes, _master_key_identifier: str) -> bytes:
        """Return the key as it is."""
        return key_bytes.hex().encode()

    def unwrap_key(self, wrapped_key: bytes, _master_key_identifier: str) -> bytes:
        """Return the key as it was."""
        return bytes.fromhex(wrapped_key.decode())


def _encrypt(lake: Path, *, plaintext_footer: bool) -> None:
    factory, kms = pe.CryptoFactory(_Kms), pe.KmsConnectionConfig()
    config = pe.EncryptionConfiguration(
        footer_key="f", column_keys={"c": ["user"]}, plaintext_footer=plaintext_footer
    )
    (lake / "events").mkdir(parents=True)
    frame = pa.table({"user": [4242427, 1], "n": [1, 2]})
    with pq.ParquetWriter(
        lake / "events/a.parquet",
        frame.schema,
        encryption_properties=factory.file_encryption_properties(kms, config),
    ) as writer:
        writer.write_table(frame)


def _encrypted(lake: Path) -> None:
    _encrypt(lake, plaintext_footer=False)


def _encrypted_columns(lake: Path) -> None:
    _encrypt(lake, plaintext_footer=True)


@pytest.mark.parametrize(
    ("prepare", "code"),
    [
        (_missing_folder, "missing_folder"),
        (_renamed, "missing_column"),
        pytest.param(_renamed_in_one_file, "missing_column", marks=pytest.mark.slow),
        (_float, "key_type"),
        (_unreadable, "unreadable"),
        pytest.param(_garbage, "unreadable", marks=pytest.mark.slow),
        (_encrypted, "encrypted"),
        (_encrypted_columns, "encrypted"),
    ],
)
def test_what_cannot_be_searched_fails_the_request(tmp_path: Path, prepare, code: str) -> None:
    """A missing folder, a renamed column, a wrong type, an unreadable or encrypted file: never a zero."""
    made = project(tmp_path, [table("events", {"user": "account"})])
    prepare(made.lake)
    request_id = _filed(made)
    check_failed(made, request_id, code, "events", *VALUES, str(tmp_path))


def test_one_poisoned_request_fails_alone(tmp_path: Path) -> None:
    """An identifier too big for the key's type fails its own request; the others of the batch close."""
    made = project(tmp_path, [table("events", {"user": "account"})])
    path = write(made.lake, "events", {})
    pq.write_table(pa.table({"user": pa.array([1, 2, 3, None], pa.int32())}), path)
    asked = [made.file(f"account={number}") for number in (1, 9876543210, 3)]
    made.settle_directly()
    check_failed(made, asked[1], "key_type", "events", "9876543210")
    _approved(made, asked[0], asked[2])
    assert ["closed", "failed", "closed"] == [made.state(one) for one in asked]
    assert [2, None] == read(made.lake, "events")["user"].to_list()


def test_a_failure_after_approval_says_so(tmp_path: Path) -> None:
    """What breaks between approval and erasure fails the request at the scan, before anything is erased."""
    made = project(tmp_path, [table("events", {"user": "account"}), table("more", {"user": "account"})])
    write(made.lake, "events", {"user": [4242427, 1]})
    write(made.lake, "more", {"user": [4242427, 1]})
    request_id = _filed(made)
    made.approve(request_id)
    _renamed(made.lake / "nowhere")
    write(made.lake, "more", {"user_id": [4242427, 1]})
    made.settle_directly()
    check_failed(made, request_id, "missing_column", "more", *VALUES)
    assert [4242427, 1] == read(made.lake, "events")["user"].to_list()


@pytest.mark.parametrize("refused", ["symlink", "sidecar"])
def test_what_the_eraser_refuses_fails_the_request_with_its_reason(tmp_path: Path, refused: str) -> None:
    """The eraser's own refusal reaches the request, named by asset, and takes no five runs to get there."""
    made = project(tmp_path, [table("events", {"user": "account"})])
    path = write(made.lake, "events", {"user": [4242427, 1]})
    if refused == "symlink":
        (path.parent / "other").symlink_to(tmp_path)
        expected = {"symlink", "foreign_file"}
    else:
        pq.write_metadata(pq.read_schema(path), path.parent / "_metadata")
        expected = {"sidecar"}
    request_id = _filed(made)
    if made.state(request_id) == "planned":
        _approved(made, request_id)
    code = made.failures(request_id)[0].code
    assert code in expected
    check_failed(made, request_id, code, "events", *VALUES)
    assert [4242427, 1] == pl.read_parquet(path)["user"].to_list()


def test_what_the_eraser_refuses_for_one_person_fails_that_request_alone(tmp_path: Path) -> None:
    """Text that is no JSON holds one person's address: nobody can say whose row it is; the others close."""
    made = project(tmp_path, [table("mails", {"body::to": "email"})])
    people = [f"p{n}@example.com" for n in range(5)]
    bodies = [f'{{"to": "{one}"}}' for one in people]
    write(made.lake, "mails", {"body": [*bodies, f"to: {people[2]}", None]})
    asked = [made.file(f"email={one}") for one in people]
    made.settle_directly()
    _approved(made, *asked)
    states = [made.state(one) for one in asked]
    assert (["failed"], ["closed"] * 4) == ([states.pop(2)], states)
    check_failed(made, asked[2], "broken_json", "mails", *people)
    assert [bodies[2], f"to: {people[2]}", None] == read(made.lake, "mails")["body"].to_list()


def test_one_device_with_two_accounts_is_a_failure(tmp_path: Path) -> None:
    """Where a link leads back to a person, two persons are a failure and never a guess."""
    back = link("device", "account", identifies=True)
    made = project(tmp_path, [table("devices", {"user": "account", "device": "device"}, links=[back])])
    device = "0f8fad5b-d9cb-469f-a165-70867728950e"
    write(made.lake, "devices", {"user": [1, 2], "device": [device, device]})
    request_id = _filed(made, f"device={device}")
    check_failed(made, request_id, "ambiguous_link", "devices", device)


@pytest.mark.slow
def test_one_device_with_one_account_is_found(tmp_path: Path) -> None:
    """The broken twin of the test above: with one person the link is followed."""
    back = link("device", "account", identifies=True)
    made = project(
        tmp_path,
        [
            table("devices", {"user": "account", "device": "device"}, links=[back]),
            table("events", {"u": "account"}),
        ],
    )
    device = "0f8fad5b-d9cb-469f-a165-70867728950e"
    write(made.lake, "devices", {"user": [1], "device": [device.upper()]})
    write(made.lake, "events", {"u": [1, 11]})
    request_id = _filed(made, f"device={device}")
    _approved(made, request_id)
    assert "closed" == made.state(request_id)
    assert [11] == read(made.lake, "events")["u"].to_list()


def test_an_asset_that_was_written_elsewhere_is_a_failure(tmp_path: Path) -> None:
    """What the last materialisation reports as its path is where the asset has to be."""

    @dg.asset(owners=["team:a"], metadata=table("events", {"user": "account"}).metadata)
    def events() -> dg.MaterializeResult:
        write(tmp_path / "new", "events", {"user": [4242427]})
        return dg.MaterializeResult(metadata={"path": str(tmp_path / "new/events/a.parquet")})

    made = project(tmp_path, [events])
    write(made.lake, "events", {"user": [1]})
    dg.materialize([events], instance=made.instance)
    request_id = _filed(made)
    check_failed(made, request_id, "moved", "events", *VALUES, str(tmp_path))


@pytest.mark.slow
def test_an_asset_that_moved_after_approval_is_a_failure(tmp_path: Path) -> None:
    """The path is asked again right before the erasure; nothing is erased then."""
    where = {"path": "lake/events/a.parquet"}

    @dg.asset(owners=["team:a"], metadata=table("events", {"user": "account"}).metadata)
    def events() -> dg.MaterializeResult:
        path = tmp_path / where["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        pl.DataFrame({"user": [4242427, 1]}).write_parquet(path)
        return dg.MaterializeResult(metadata={"path": str(path)})

    made = project(tmp_path, [events])
    dg.materialize([events], instance=made.instance)
    request_id = _filed(made)
    where["path"] = "lake/events_v2/a.parquet"
    dg.materialize([events], instance=made.instance)
    _approved(made, request_id)
    check_failed(made, request_id, "moved", "events", *VALUES, str(tmp_path))
    assert [4242427, 1] == read(made.lake, "events")["user"].to_list()


def test_an_identifier_found_nowhere_waits_for_a_person(tmp_path: Path) -> None:
    """A zero is checked: approval needs a confirmation, and the certificate says what was not found."""
    made = project(tmp_path, [table("events", {"user": "account"})])
    write(made.lake, "events", {"user": [1, 2]})
    request_id = _filed(made)
    assert "nothing_found" == made.attention(request_id)
    assert ["account"] == request_detail(made.ledger, request_id)["nothing_found"]
    with pytest.raises(StateError, match="--confirm-nothing-found"):
        made.approve(request_id)
    made.approve(request_id, confirm_nothing=True)
    made.settle_directly()
    assert "closed" == made.state(request_id)
    body = made.body(request_id)
    assert (["account"], "Final record") == (body["nothing_found"], body["title"])
    assert {"events": "not_affected"} == made.verdicts(request_id)


@pytest.mark.slow
def test_one_of_two_identifiers_found_nowhere_waits_too(tmp_path: Path) -> None:
    """Only the namespace that was found nowhere is named."""
    made = project(tmp_path, [table("events", {"user": "account", "mail": "email"})])
    write(made.lake, "events", {"user": [4242427], "mail": ["x@example.com"]})
    request_id = _filed(made, ACCOUNT, EMAIL)
    assert ["email"] == request_detail(made.ledger, request_id)["nothing_found"]


def test_a_person_in_an_undeclared_column_is_a_failure_that_a_retry_mends(tmp_path: Path) -> None:
    """A strong identifier outside the keys fails the proof; mended and retried, the counts still add up."""
    made = project(
        tmp_path,
        [table("events", {"user": "account"}), table("people", {"user": "account", "mail": "email"})],
    )
    write(made.lake, "people", {"user": [4242427, 1], "mail": [" Ada.Lovelace@example.com", "b@example.com"]})
    write(made.lake, "events", {"user": [4242427, 1, 4242427], "sent_to": [None, VALUES[1], "c@example.com"]})
    request_id = _filed(made, ACCOUNT, EMAIL)
    _approved(made, request_id)
    sentence = check_failed(made, request_id, "residual", "events", *VALUES)
    assert "column sent_to" in sentence
    assert [1] == read(made.lake, "events")["user"].to_list()
    write(made.lake, "events", {"user": [1, 4242427], "sent_to": [None, None]})
    requests.retry(made.ledger, request_id, staff="test")
    made.settle_directly()
    assert [] == made.failures(request_id)
    made.approve(request_id, confirm_nothing=True)
    made.settle_directly()
    assert "closed" == made.state(request_id)
    assert {"events": (3, 3), "people": (1, 1)} == counts(made, request_id)
    assert {"events": "erased", "people": "erased"} == made.verdicts(request_id)


@pytest.mark.slow
def test_a_retry_before_anything_was_erased_counts_once(tmp_path: Path) -> None:
    """A batch that only counted does not count: found and removed are those of the batch that erased."""
    made = project(tmp_path, [table("events", {"user": "account"}), table("more", {"user": "account"})])
    write(made.lake, "events", {"user": [4242427, 1]})
    write(made.lake, "more", {"user": [4242427, 4242427]})
    request_id = _filed(made)
    made.approve(request_id)
    write(made.lake, "more", {"user_id": [4242427]})
    made.settle_directly()
    check_failed(made, request_id, "missing_column", "more", *VALUES)
    write(made.lake, "more", {"user": [4242427, 4242427]})
    requests.retry(made.ledger, request_id, staff="test")
    made.settle_directly()
    _approved(made, request_id)
    assert "closed" == made.state(request_id)
    assert {"events": (1, 1), "more": (2, 2)} == counts(made, request_id)


@pytest.mark.slow
def test_a_retry_of_a_failed_preview_shows_no_old_failure(tmp_path: Path) -> None:
    """`rtbf preview` of a request that failed shows the plan it got as far as, and the failure."""
    made = project(tmp_path, [table("events", {"user": "account"})])
    request_id = _filed(made)
    check_failed(made, request_id, "missing_folder", "events", *VALUES)
    assert ["events"] == [row["asset"] for row in preview(made.ledger, request_id)]
    write(made.lake, "events", {"user": [4242427]})
    requests.retry(made.ledger, request_id, staff="test")
    made.settle_directly()
    assert ([], "planned") == (made.failures(request_id), made.state(request_id))
    assert [1] == [row["rows"] for row in preview(made.ledger, request_id)]


def _spoil(made: Project, request_id: str, part: str) -> None:
    with made.ledger.write() as tx:
        sealed = schema.sealed
        mine = (sealed.c.request_id == request_id, sealed.c.part == part)
        tx.execute(update(sealed).where(*mine).values(ciphertext=b"\x00" * 40))


def test_one_spoiled_vault_entry_of_fifty_fails_alone(tmp_path: Path) -> None:
    """One poisoned request among 50 fails alone; 49 close, and only its rows are left."""
    made = project(tmp_path, [table("events", {"user": "account"})])
    write(made.lake, "events", {"user": [*range(1, 61), None]})
    asked = [made.file(f"account={number}") for number in range(1, 51)]
    made.settle_directly()
    made.approve(*asked)
    _spoil(made, asked[22], "expanded")
    made.settle_directly()
    states = [made.state(one) for one in asked]
    assert ["failed"] == [states.pop(22)]
    assert ["closed"] * 49 == states
    assert ["vault"] == [item.code for item in made.failures(asked[22])]
    assert asked[22] in made.failures(asked[22])[0].sentence
    assert [23, *range(51, 61), None] == read(made.lake, "events")["user"].to_list()


@pytest.mark.slow
def test_a_vault_entry_spoiled_before_the_plan_fails_alone(tmp_path: Path) -> None:
    """The same while identifiers are expanded: the other request gets its plan."""
    made = project(tmp_path, [table("events", {"user": "account"})])
    write(made.lake, "events", {"user": [1, 2]})
    asked = [made.file("account=1"), made.file("account=2")]
    _spoil(made, asked[0], "filed")
    made.settle_directly()
    assert ["failed", "planned"] == [made.state(one) for one in asked]


def test_a_rebuild_that_fails_fails_the_request_after_three_tries(tmp_path: Path) -> None:
    """The owner's code that does not build is a failure that names the asset; mended, a retry closes."""
    broken = [True]
    events = table("events", {"user": "account"})
    lake = tmp_path / "lake"

    @dg.asset(
        deps=[events],
        owners=["team:a"],
        metadata=table("sums", {"user": "account"}, erasure=Erasure.REBUILD).metadata,
    )
    def sums() -> None:
        if broken[0]:
            raise ValueError("ada.lovelace@example.com")
        write(lake, "sums", {"user": read(lake, "events")["user"].to_list()})

    made = project(tmp_path, [events, sums])
    write(lake, "events", {"user": [4242427, 1]})
    write(lake, "sums", {"user": [4242427, 1]})
    request_id = _filed(made)
    _approved(made, request_id)
    sentence = check_failed(made, request_id, "rebuild_failed", "sums", *VALUES)
    assert "3 times" in sentence
    broken[0] = False
    requests.retry(made.ledger, request_id, staff="test")
    made.settle_directly()
    _approved(made, request_id)
    assert ("closed", []) == (made.state(request_id), made.failures(request_id))
    assert {"events": (1, 1), "sums": (1, 1)} == counts(made, request_id)


def test_a_rebuild_that_never_ends_fails_the_request_and_lets_the_next_one_go_on(tmp_path: Path) -> None:
    """A hanging run of the owner's asset holds up nobody for ever; it is told which one to stop."""
    events = table("events", {"user": "account"})

    @dg.asset(
        deps=[events],
        owners=["team:a"],
        metadata=table("sums", {"user": "account"}, erasure=Erasure.REBUILD).metadata,
    )
    def sums() -> None:
        raise AssertionError("this run is never executed: it hangs")

    made = project(tmp_path, [events, sums])
    write(made.lake, "events", {"user": [4242427, 1]})
    write(made.lake, "sums", {"user": [4242427, 1]})
    request_id = _filed(made)
    made.approve(request_id)
    (erase,) = made.ticks()
    made.phases(erase)
    (rebuild,) = made.ticks()
    made.instance.create_run_for_job(
        made.defs.resolve_job_def(rebuilds.REBUILD_JOB),
        tags=dict(rebuild.tags),
        status=dg.DagsterRunStatus.STARTED,
    )
    assert [] == list(made.ticks())
    assert "rebuilding" == made.state(request_id)

    much_later = replace(made.ledger, clock=lambda: datetime.now(UTC) + timedelta(hours=13))
    assert [] == list(rebuilds.tick(replace(made.control, ledger=much_later), made.instance))
    sentence = check_failed(made, request_id, "rebuild_failed", "sums", *VALUES)
    assert "does not end" in sentence

    made.file("account=1")
    assert ["rtbf_prepare"] == [asked.job_name for asked in made.ticks()]


@pytest.mark.slow
def test_links_are_followed_and_only_followed_forwards(tmp_path: Path) -> None:
    """An account leads to its devices; a device does not lead back to its account."""
    made = project(
        tmp_path,
        [
            table("devices", {"user": "account", "device": "device"}, links=LINKS),
            table("events", {"u": "account"}),
        ],
    )
    device = "0f8fad5b-d9cb-469f-a165-70867728950e"
    write(made.lake, "devices", {"user": [7], "device": [device]})
    write(made.lake, "events", {"u": [7]})
    request_id = _filed(made, f"device={device}")
    _approved(made, request_id)
    assert "closed" == made.state(request_id)
    assert {"devices": "erased", "events": "not_affected"} == made.verdicts(request_id)
