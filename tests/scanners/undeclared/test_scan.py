"""What nobody declared, in real files: lineage, personal columns, containment; and what is kept of it."""

import dagster as dg
from small_lakes import holds, table, undeclared, write

from lineage_assets import Erasure, no_subject_data
from rtbf_ledger import undeclared as ledger_undeclared
from rtbf_ledger import undeclared_scans
from rtbf_ledger.mismatches import Because
from rtbf_ledger.sweeps import SweepState
from scanners.undeclared.detectors import Judgement, PersonalKind, Reason

IDS = [7_000_000_000 + 7919 * i for i in range(300)]
MAILS = [f"erika.canary{i}@films.example" for i in range(300)]
PEOPLE = table("people", {"user_id": "account", "mail": "email"})


def free(name, *, deps=(), location=True, **owners):
    """Return an asset that is declared free of personal data."""
    where = f"{{lake}}/{name}/" if location else None
    metadata = no_subject_data(because="counts of many people", location=where)
    return dg.AssetSpec(name, deps=list(deps), metadata=metadata, **({"owners": ["team:b"]} | owners))


def people(made, **columns):
    """Write the asset that most keys are in."""
    write(made.lake, "people", {"user_id": IDS, "mail": MAILS} | columns)


def test_a_clean_deployment_is_clean_and_the_second_scan_skips_what_did_not_change(made):
    """The skipped files are counted; one byte more and the asset is read again."""
    made.declare(PEOPLE, free("films"))
    people(made)
    films = write(made.lake, "films", {"film": [1, 2], "title": ["Heat", "Alien"]})
    first = made.look()
    assert {"people", "films", "{lake}"} == set(first)
    assert {SweepState.CLEAN} == {one.state for one in first.values()}
    assert (0, 1, 2) == (first["films"].skipped, first["films"].files, first["films"].columns)
    second = made.look()
    assert (1, 1, 2) == (second["films"].skipped, second["films"].files, second["films"].columns)
    write(made.lake, "films", {"film": [1, 3], "title": ["Heat", "Alien"]})
    assert 0 == made.look()["films"].skipped
    assert films.exists()
    with made.ledger.read() as tx:
        assert undeclared_scans.last(tx)["films"].clean_at is not None


def test_lineage_tells_what_is_below_personal_data_and_declared_free_or_not_at_all(made):
    """What is beside, or upstream, is not below; a person who accepts it is asked no more."""
    made.declare(PEOPLE, free("counts", deps=["people"]), undeclared("marts", deps=["counts"]), free("films"))
    people(made)
    write(made.lake, "counts", {"n": [1]})
    write(made.lake, "films", {"n": [1]})
    told = made.look()
    (below,) = told["counts"].new
    assert ("declared_free", "(asset)", "people", ("team:b",)) == (
        below.code,
        below.place,
        below.beside,
        below.owners,
    )
    assert ["undeclared_asset"] == [one.code for one in told["marts"].new]
    assert not told["people"].known
    assert not told["films"].known
    with made.ledger.write() as tx:
        ledger_undeclared.accept(made.ledger, tx, below.id, because=Because.AGGREGATE, staff="dpo-1")
    again = made.look()
    assert not any(one.new for one in again.values())
    assert SweepState.CLEAN is again["counts"].state


def test_lineage_tells_keys_that_the_data_has_not_or_cannot_hold(made):
    """A column that holds the key in one file and not in another is missing."""
    made.declare(table("events", {"user_id": "account", "device": "device", "at": "account"}))
    for file, extra in (("a", {"user_id": IDS[:2]}), ("b", {})):
        write(made.lake, "events", {"at": ["1", "2"], "device": [1, 2], **extra}, file=f"{file}.parquet")
    assert [("key_missing", "user_id"), ("key_type", "device")] == made.codes("events")


def test_lineage_tells_a_column_named_and_typed_like_a_key_elsewhere(made):
    """Not where the type cannot hold it, where it is declared or redacted, or where the name says nothing."""
    redacted = {"redact": ["user_id", "viewer"], "erasure": Erasure.REDACT_COLUMNS}
    made.declare(
        PEOPLE,
        table("plays", {"viewer": "account"}),
        table("clicks", {"viewer": "account"}, **redacted),
        table("orders", {"id": "account"}),
        free("days"),
        free("rows"),
    )
    people(made)
    write(made.lake, "plays", {"viewer": [1], "user_id": [5]})
    write(made.lake, "clicks", {"viewer": [1], "user_id": [5]})
    write(made.lake, "orders", {"id": [3]})
    write(made.lake, "days", {"user_id": [True]})
    write(made.lake, "rows", {"id": [3], "User_Id": [5.0]})
    told = made.look(detectors=())
    named = {name: [(one.code, one.place, one.beside) for one in told[name].open] for name in told}
    like = "people user_id (account)"
    assert [("named_like_key", "user_id", like)] == named["plays"]
    assert [("named_like_key", "User_Id", like)] == named["rows"]
    assert not named["clicks"] + named["days"] + named["orders"] + named["people"]


def test_a_personal_column_is_told_where_it_is_declared_free_or_could_be_a_key(made):
    """A name in a row that an owner key takes away goes with it; an undeclared address is a key missing."""
    made.declare(table("people", {"user_id": "account"}), free("films"), free("titles"))
    names = ["Erika Mustermann", "Jonas Weber", "Anna Schmidt", "Paul Fischer"] * 20
    people(made, full_name=(names * 4)[:300])
    write(made.lake, "films", {"film": [1, 2, 3], "contact": MAILS[:3]})
    write(made.lake, "titles", {"film": [1, 2, 3], "title": ["Heat", "Alien", "Up"]})
    told = made.look()
    (mail,) = told["people"].open
    assert ("personal_column", "email", "mail") == (str(mail.kind), mail.code, mail.place)
    (contact,) = told["films"].open
    assert ("email", "contact", 3) == (contact.code, contact.place, contact.count)
    assert contact.permille >= 500
    assert contact.reason
    assert not told["titles"].open


def test_a_column_joins_to_a_known_key_whatever_its_name(made):
    """Integers, fractions that are whole, text in other spellings, elements of lists; not other numbers."""
    made.declare(PEOPLE, free("stats", deps=["people"]), free("logs"), free("sums"))
    people(made)
    write(made.lake, "stats", {"x": [float(n) for n in IDS]})
    write(made.lake, "logs", {"who": [[mail.upper() + " "] for mail in MAILS], "n": list(range(300))})
    write(made.lake, "sums", {"total": [n + 3 for n in IDS], "few": IDS[:5] * 60})
    told = made.look()
    stats = {one.code: one for one in told["stats"].open}
    assert ("x", 1000, 300, "sparse_keys_join", "people user_id (account)") == tuple(
        getattr(stats["joins"], name) for name in ("place", "permille", "count", "reason", "beside")
    )
    logs = {one.code: one for one in told["logs"].open}
    assert ("who[]", "values_join") == (logs["joins_unrelated"].place, logs["joins_unrelated"].reason)
    assert {"joins_unrelated", "email"} == set(logs)
    assert not told["sums"].open


def test_dense_numbers_join_by_chance_unless_the_name_or_their_size_says_otherwise(made):
    """1, 2, 3, ... are keys of everything: a counter is not a user, a column `account_ref` is."""
    made.declare(table("people", {"account_no": "account"}), free("scores"), free("refs"))
    write(made.lake, "people", {"account_no": list(range(1, 5001))})
    write(made.lake, "scores", {"rank": list(range(1, 400))})
    write(made.lake, "refs", {"account_ref": list(range(1, 400)), "far": list(range(4_000_000, 4_000_399))})
    told = made.look(detectors=())
    assert not told["scores"].open
    assert [("joins_unrelated", "account_ref", "name_alike")] == [
        (one.code, one.place, one.reason) for one in told["refs"].open
    ]
    numbers = list(range(3_999_000, 4_001_000))
    write(made.lake, "people", {"account_no": numbers}, file="b.parquet")
    write(made.lake, "refs", {"far": [4_000_001 + i for i in range(398)]})
    assert [("joins_unrelated", "far")] == made.codes("refs", detectors=())


def test_unchanged_assets_keep_what_is_open_and_a_fixed_one_is_closed(made):
    """What is skipped is still there; after the owner took the column out, nothing is open."""
    made.declare(PEOPLE, free("films"))
    people(made)
    write(made.lake, "films", {"contact": MAILS[:30]})
    (first,) = [one for one in made.look()["films"].new if one.code == "email"]
    second = made.look()["films"]
    assert (1, ()) == (second.skipped, second.new)
    assert first.id in {one.id for one in second.open}
    write(made.lake, "films", {"title": ["Heat", "Alien"]})
    assert not made.look()["films"].known


def test_could_not_look_is_never_clean_and_closes_nothing(made):
    """A broken file, a key asset that cannot be read, no location: each is named."""
    made.declare(PEOPLE, free("films"), free("views", location=False), free("gone"))
    people(made)
    write(made.lake, "films", {"contact": MAILS[:30]})
    opened = {one.id for one in made.look()["films"].open}
    (made.lake / "films" / "b.parquet").write_bytes(b"PAR1 erika.canary1@films.example")
    told = made.look()
    assert opened == {one.id for one in told["films"].open}
    assert "file 2 of 2" in told["films"].unlooked[0].why
    assert SweepState.COULD_NOT is told["views"].state
    assert "no location" in told["views"].unlooked[0].why
    assert SweepState.COULD_NOT is told["gone"].state
    with made.ledger.read() as tx:
        last = undeclared_scans.last(tx)
    assert ("no_location", "missing_folder") == (last["views"].reason, last["gone"].reason)

    (made.lake / "films" / "b.parquet").unlink()
    (made.lake / "people" / "b.parquet").write_bytes(b"PAR1 no Parquet")
    write(made.lake, "films", {"contact": MAILS[:31]})
    films = made.look()["films"]
    assert "not compared with all keys" in films.unlooked[0].why
    assert opened == {one.id for one in films.open}, "containment stays open"


class Unsure:
    """A detector that cannot tell."""

    name = "unsure"
    kinds = frozenset({PersonalKind.UNKNOWN})

    def judge(self, _column):
        """Say so."""
        return Judgement(
            detector=self.name, kind=PersonalKind.UNKNOWN, confidence=0.0, reason=Reason.COULD_NOT_ASK
        )


class Broken(Unsure):
    """A detector that fails with a value in its error."""

    name = "broken"

    def judge(self, column):
        """Fail."""
        raise ValueError(column.values[0])


def test_a_detector_that_cannot_tell_or_fails_leaves_the_asset_not_looked_at(made):
    """And it is read again the next time."""
    made.declare(free("films"))
    write(made.lake, "films", {"contact": ["erika.canary1@films.example"]})
    unsure = made.look(detectors=(Unsure(),))["films"]
    assert (SweepState.COULD_NOT, 1) == (unsure.state, unsure.unsure)
    broken = made.look(detectors=(Broken(),))["films"]
    assert SweepState.COULD_NOT is broken.state
    assert "detector broken" in broken.unlooked[0].why
    assert "canary" not in repr(broken)
    assert 0 == made.look(detectors=(Broken(),))["films"].skipped


def test_no_value_and_no_path_is_kept_or_told(made):
    """Canaries in values, names of files and folders, and the header of a file that has none."""
    made.declare(
        PEOPLE, free("films"), dg.AssetSpec("csv", metadata=holds("csv", {"a": "account"}, format="csv"))
    )
    people(made)
    write(
        made.lake, "films", {"contact": MAILS, "who": IDS}, file="day=erika.canary9/erika.canary9.parquet.bak"
    )
    folder = made.lake / "csv"
    folder.mkdir()
    (folder / "a.csv").write_text(
        "a,erika.canary3@films.example,7000000000\n1,erika.canary4@films.example,2\n"
    )
    (made.lake / "erika.canary5@films.example").mkdir()
    (made.lake / "erika.canary5@films.example" / "x.csv").write_text("erika.canary6@films.example")
    (made.lake / "erika.canary7.csv").write_text("erika.canary8@films.example")
    told = made.look()
    assert {"email", "backup", "joins_unrelated"} <= {one.code for one in told["films"].open}
    assert {"undeclared_folder", "undeclared_file"} == {one.code for one in told["{lake}"].open}
    assert "email" in {one.code for one in told["csv"].open}
    assert b"canary" not in made.everything_kept()
    assert b"7000000000" not in made.everything_kept()
    assert "canary" not in repr(told)


def test_one_asset_alone_is_looked_at_without_the_roots(made):
    """Its own folder is walked, and its columns are compared with everybody's keys."""
    made.declare(PEOPLE, free("films"))
    people(made)
    write(made.lake, "films", {"who": IDS})
    (made.lake / "films" / "a.parquet~").write_bytes(b"x")
    (made.lake / "stray.csv").write_text("x")
    heard = []
    told = made.look("films", told=lambda *said: heard.append(said))
    assert ["films"] == list(told)
    assert {"joins_unrelated", "backup"} == {one.code for one in told["films"].open}
    assert [("films", 2, 2)] == heard[-1:] or [("films", 1, 2)] == heard[-1:]
