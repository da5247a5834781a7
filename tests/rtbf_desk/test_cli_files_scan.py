"""`rtbf files scan` on this machine: places, what is not looked at, exit codes, and never a value said."""

import gzip
import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.orc
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from rtbf_desk import cli_files_scan
from rtbf_desk.cli import app
from rtbf_desk.files_scan import run as scan_run
from rtbf_desk.files_scan.scratch import PREFIX
from scanners.files import Looker
from tests.scanners.canaries import footers

FORMAT = Path(__file__).parents[2] / "docs" / "formats" / "files-scan.md"
MAIL, OTHER, UUID, PHONE = (
    "grace.hopper@example.com",
    "ada.l@example.org",
    "6f1c2f0e-5b1e-4c58-9d55-9b1f3f6f7a01",
    "+4915112345678",
)
NUMBER, LOGIN = "551199331", "grace_h_1906"
CANARIES = (LOGIN, MAIL, OTHER, UUID, UUID.replace("-", ""), PHONE, PHONE[1:], NUMBER)
CHILD = "import sys; from rtbf_desk.cli_entry import main; sys.argv = ['rtbf', *sys.argv[1:]]; main()"


class Said:
    """What a run said and did."""

    def __init__(self, code, out, err):
        """Look for values in it: there may be none, in no spelling."""
        self.code, self.out, self.err = code, out, err
        said = (out + err).lower().replace("\\", "")
        assert not [value for value in CANARIES if value in said]

    @property
    def json(self):
        """The report for machines."""
        return json.loads(self.out)


@pytest.fixture
def scan(tmp_path, capsys, monkeypatch):
    """Return what runs the command on a place; temporary files go to a folder of the test, and out of it."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))

    def call(place, *words, ids=(MAIL,), as_json=True):
        given = tmp_path / "ids.txt"
        given.write_text("\n".join(ids) + "\n")
        own = [] if "--ids" in words else ["--ids", str(given)]
        code = cli_files_scan.scan([str(place), *own, *words, *(["--json"] if as_json else [])])
        assert not list(temporary.iterdir())
        return Said(code, *capsys.readouterr())

    return call


@pytest.fixture
def lake(tmp_path):
    """Parquet with structs and lists in row groups, CSV with odd records, text, bytes, a hidden file."""
    folder = tmp_path / "lake"
    (folder / "deep").mkdir(parents=True)
    users = [{"id": n, "mail": f"user{n}@example.net"} for n in range(50)]
    users[7]["mail"], users[33]["mail"], users[20] = f" {MAIL.upper()} ", MAIL, None
    users[41]["id"] = int(NUMBER)
    viewers = [[{"who": f"{n}"}] for n in range(49)] + [[{"who": "x"}, {"who": UUID.upper()}]]
    notes = [f"note {n}" for n in range(49)] + [f"call {PHONE} or <{MAIL}>!"]
    table = pa.table({"user": users, "viewers": viewers, "note": notes, "n": list(range(50))})
    pq.write_table(table, folder / "a.parquet", row_group_size=15)
    pq.write_table(pa.table({"n": [int(NUMBER), 1]}), folder / "deep" / "numbers.parquet")
    rows = "".join(f'{n},"two\nlines",user{n}@example.net\n' for n in range(30))
    (folder / "deep" / "b.csv").write_text(f"n,text,mail\n{rows}30,last,{MAIL}\n")
    (folder / "events.jsonl").write_text(f'{{"from": "{UUID}"}}\n')
    (folder / ".model.bin").write_bytes(b"\0\1\2" + MAIL.encode("utf-16-le") + b"\0\xff")
    (folder / "_SUCCESS").write_bytes(b"")
    return folder


def places(told):
    """Return {(file, row group, column, form): rows that were named}."""
    return {
        (Path(one["file"]).name, one["row_group"], one["column"], one["form"]): [
            match["row"] for match in one["matches"]
        ]
        for one in told["places"]
    }


def test_places_are_told_and_pyarrow_sees_them_there(lake, scan):
    """Row numbers of Parquet are looked up with pyarrow, row group by row group; those of CSV, too."""
    told = scan(lake, ids=(MAIL, "", UUID))
    assert 1 == told.code
    seen = places(told.json)
    assert seen == {
        ("a.parquet", 0, "user.mail", "plain"): [7],
        ("a.parquet", 2, "user.mail", "plain"): [33],
        ("a.parquet", 3, "viewers[].who", "plain"): [49],
        ("b.csv", None, "mail", "plain"): [30],
        ("events.jsonl", None, "(bytes)", "plain"): [None],
        (".model.bin", None, "(bytes)", "plain"): [None],
    }
    file = pq.ParquetFile(lake / "a.parquet")
    before = [sum(file.metadata.row_group(i).num_rows for i in range(group)) for group in range(4)]
    for (name, group, column, _), rows in seen.items():
        if name == "a.parquet" and column == "user.mail":
            mails = file.read_row_group(group)["user"].combine_chunks().field("mail").to_pylist()
            found = [
                before[group] + n for n, mail in enumerate(mails) if mail and mail.strip().lower() == MAIL
            ]
            assert rows == found
    options = pyarrow.csv.ParseOptions(newlines_in_values=True)
    mails = pyarrow.csv.read_csv(lake / "deep" / "b.csv", parse_options=options)["mail"].to_pylist()
    assert [30] == [n for n, mail in enumerate(mails) if mail == MAIL]
    assert (["line 1", "line 3"], 6, 83, 4) == tuple(
        told.json[name] for name in ("ids_found", "files", "rows", "files_found")
    )
    assert sum(file.stat().st_size for file in lake.rglob("*") if file.is_file()) == told.json["bytes"]


def test_nobody_there_is_clean_and_says_what_was_searched(lake, scan):
    told = scan(lake / "deep", "--free-text", ids=(OTHER,))
    assert (0, True, [], []) == (told.code, *(told.json[n] for n in ("clean", "places", "not_looked_at")))
    said = scan(lake / "events.jsonl", ids=(OTHER,), as_json=False)
    assert "all columns, names, metadata: whole values" in said.out
    assert "rtbf: none of the ids was found\n" == said.err


def test_free_text_finds_inside_longer_text(lake, scan):
    seen = places(scan(lake / "a.parquet", "--free-text", ids=(PHONE, MAIL)).json)
    assert [49, 49] == seen["a.parquet", 3, "note", "token"]
    assert 0 == scan(lake / "a.parquet", ids=(PHONE,)).code


@pytest.mark.parametrize(
    ("plant", "place"),
    [
        (footers.statistics, "(statistics)"),
        (footers.page_index, "(statistics)"),
        (footers.dictionary, "(dictionary)"),
        (footers.unreferred, "(bytes)"),
        (footers.created_by, "(metadata)"),
    ],
    ids=lambda one: getattr(one, "__name__", one),
)
def test_what_stands_beside_the_rows_is_no_clean_file(tmp_path, scan, plant, place):
    """What an eraser left in statistics, indexes, dictionaries, dead pages; somebody else is clean."""
    folder = tmp_path / "lake"
    folder.mkdir()
    plant(folder, [MAIL])
    told = scan(folder)
    assert (1, {place}) == (told.code, {column for _, _, column, _ in places(told.json)})
    assert ["line 1"] == told.json["ids_found"]
    assert 0 == scan(folder, ids=(OTHER,)).code


@pytest.mark.parametrize(("key", "code"), [("user", 1), ("other", 0)])
def test_with_a_key_what_its_column_tells_counts_for_every_id(tmp_path, scan, key, code):
    """A name that is an entry of its column's dictionary and in no row; another column is not read."""
    path = tmp_path / "a.parquet"
    entries = pa.DictionaryArray.from_arrays(pa.array([0, 0]), pa.array(["someone", LOGIN]))
    pq.write_table(pa.table({"user": entries, "other": ["a", "b"]}), path, write_statistics=False)
    assert ["someone", "someone"] == pq.read_table(path)["user"].to_pylist()
    told = scan(path, "--key", key, ids=(LOGIN,))
    assert code == told.code
    assert ({("a.parquet", None, "(dictionary)", "plain"): [None]} if code else {}) == places(told.json)


def test_a_number_is_told_only_under_its_key(lake, scan):
    """The same number in another column is no finding; with --all-columns its cells are counted apart."""
    told = scan(lake / "a.parquet", "--key", "user.id", ids=(NUMBER, "999"))
    assert {("a.parquet", 2, "user.id", "plain"): [41]} == places(told.json)
    assert ["line 1"] == told.json["ids_found"]
    (lake / "deep" / "both.parquet").write_bytes(b"")
    pq.write_table(pa.table({"user": [1, 2], "n": [int(NUMBER), 0]}), lake / "deep" / "both.parquet")
    told = scan(lake / "deep" / "both.parquet", "--key", "user", "--all-columns", ids=(NUMBER,))
    assert (0, {"n": 1}) == (told.code, told.json["not_decidable"])


def test_numbers_and_words_without_a_key_are_never_clean(lake, scan):
    told = scan(lake, ids=(NUMBER, "Grace"))
    assert (2, "") == (told.code, told.out)
    assert "name their column with --key" in told.err
    told = scan(lake / "deep" / "b.csv", ids=(NUMBER, OTHER))
    assert (2, ["line 1"]) == (told.code, told.json["ids_not_decidable"])
    said = scan(lake / "deep" / "b.csv", ids=(NUMBER, OTHER), as_json=False)
    assert "rtbf: not decidable: line 1 of the ids" in said.err
    assert "none of the ids was found where it could be looked" in said.err


def test_a_key_in_a_list_and_one_in_json_text(tmp_path, scan):
    rows = {"viewers": [[1, 2], [3, int(NUMBER)], None], "payload": ["{}", "no", f'{{"account": {NUMBER}}}']}
    pq.write_table(pa.table(rows), tmp_path / "k.parquet")
    for key, row in (("viewers[]", 1), ("payload::account", 2)):
        told = scan(tmp_path / "k.parquet", "--key", key, ids=(NUMBER,))
        assert [[row]] == list(places(told.json).values()), key


def test_a_key_that_a_file_lacks_or_that_cannot_hold_the_ids_is_not_looked_at(lake, scan):
    """A mail against numbers would match nothing without a word."""
    told = scan(lake, "--key", "user.id")
    whys = {Path(one["file"]).name: one["why"] for one in told.json["not_looked_at"]}
    assert {
        "a.parquet": "no column that --key names can hold ids of kind email (line 1 of the ids)",
        "numbers.parquet": "it has no column 'user.id'",
        "b.csv": "it has no column 'user.id'",
    } == whys
    told = scan(lake / "a.parquet", "--key", "user.id", ids=(str(1 << 70),))
    assert (2, 1) == (told.code, len(told.json["not_looked_at"]))


def test_a_table_of_text_in_another_encoding_is_told_as_that(tmp_path, scan):
    """A person can convert it; "damaged" sends them looking for a backup."""
    text, folder = f"name,mail\nJ\u00fcrgen,{MAIL}\n", tmp_path / "odd"
    folder.mkdir()
    for encoding in ("latin-1", "utf-16", "utf-16-le"):
        (folder / f"{encoding}.csv").write_bytes(text.encode(encoding))
    for words in ((), ("--key", "mail")):
        told = scan(folder, *words)
        whys = [one["why"] for one in told.json["not_looked_at"]]
        assert (2, ["it is not UTF-8 (convert it to UTF-8)"] * 3) == (told.code, whys)
    (folder / "ascii.csv").write_bytes(text.replace("\u00fc", "u").encode("utf-16-le"))
    (folder / "damaged.csv").write_text('name,mail\n"J,x\n')
    whys = {Path(one["file"]).stem: one["why"] for one in scan(folder).json["not_looked_at"]}
    assert whys["damaged"].startswith("it cannot be read: damaged")
    assert whys["ascii"] == whys["latin-1"]


def without_rights(command, **options):
    """Run a command that the rights of files hold for, also where we are root."""
    drop = "import ctypes, os, sys; c = ctypes.CDLL(None); [c.prctl(24, cap) for cap in (1, 2)]; "
    leap = "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    return subprocess.run([sys.executable, "-c", drop + leap, *command], check=False, **options)


def test_what_cannot_be_looked_at_is_named_and_the_rest_is_done(lake, tmp_path):
    """Corrupt, encrypted, unreadable, packed, of other formats, a link: each hides the person from us."""
    people = pa.table({"mail": [MAIL]})
    (lake / "corrupt.parquet").write_bytes((lake / "a.parquet").read_bytes()[:-20])
    (lake / "encrypted.parquet").write_bytes(b"PARE" + b"\0" * 40 + b"PARE")
    (lake / "named.pq").write_text("no Parquet")
    (lake / "ragged.csv").write_text("a,b\n1,2\n1,2,3\n")
    (lake / "packed.csv.gz").write_bytes(gzip.compress(MAIL.encode()))
    pyarrow.orc.write_table(people, lake / "x.orc", compression="zstd")
    pyarrow.feather.write_feather(people, lake / "x.feather", compression="zstd")
    (lake / "unreadable.txt").write_text(MAIL)
    (lake / "unreadable.txt").chmod(0)
    (lake / "closed").mkdir(mode=0)
    (lake / "link.parquet").symlink_to(lake / "a.parquet")
    (tmp_path / "ids.txt").write_text(MAIL)
    words = ["-c", CHILD, "files", "scan", str(lake), "--ids", str(tmp_path / "ids.txt"), "--json"]
    done = without_rights(words, capture_output=True, text=True)
    told = Said(done.returncode, done.stdout, done.stderr)
    assert (1, 6) == (told.code, told.json["files"])
    whys = {Path(one["file"]).name: one["why"] for one in told.json["not_looked_at"]}
    for name, why in {
        "corrupt.parquet": "it cannot be read",
        "encrypted.parquet": "it is encrypted",
        "named.pq": "it is named like Parquet and is none",
        "ragged.csv": "it cannot be read",
        "packed.csv.gz": "it is packed",
        "x.orc": "it is ORC",
        "x.feather": "it is Arrow",
        "unreadable.txt": "it cannot be read",
        "closed": "it cannot be listed",
        "link.parquet": "it is a link",
    }.items():
        assert whys.pop(name).startswith(why), name
    assert not whys


def test_of_tables_read_together_a_broken_one_hides_no_other(tmp_path, scan):
    """Its footer is whole and a page is not; row groups and rows of the others are their own."""
    for number in range(4):
        mails = [f"user{n}@example.net" for n in range(number * 5)] + [MAIL, OTHER]
        pq.write_table(pa.table({"mail": mails}), tmp_path / f"{number}.parquet", row_group_size=3)
    whole = (tmp_path / "2.parquet").read_bytes()
    (tmp_path / "2.parquet").write_bytes(whole[:8] + b"\xff" * 40 + whole[48:])
    told = scan(tmp_path, ids=(OTHER,)).json
    assert [f"{tmp_path}/2.parquet"] == [one["file"] for one in told["not_looked_at"]]
    rows = {name: rows for (name, *_), rows in places(told).items() if name != "ids.txt"}
    assert {"0.parquet": [1], "1.parquet": [6], "3.parquet": [16]} == rows
    groups = {name: group for name, group, *_ in places(told)}
    assert (0, 2, 5) == tuple(groups[f"{number}.parquet"] for number in (0, 1, 3))


def test_nothing_found_and_something_not_looked_at_is_exit_2(lake, scan):
    (lake / "encrypted.parquet").write_bytes(b"PARE" + b"\0" * 40 + b"PARE")
    (lake / "a.parquet").unlink()
    said = scan(lake, ids=(OTHER,), as_json=False)
    assert 2 == said.code
    assert f"rtbf: not looked at: {lake}/encrypted.parquet: it is encrypted\n" in said.err
    assert "none of the ids was found where it could be looked" in said.err


def meddle(monkeypatch, deed):
    """Let somebody do something right after a.parquet was looked into, while it is still held."""
    real = Looker.look

    def look(self, files):
        seen = real(self, files)
        if "a.parquet" in {path.name for path, _ in files}:
            deed()
        return seen

    monkeypatch.setattr(Looker, "look", look)


@pytest.mark.parametrize("changed", ["a.parquet", "z.txt"])
def test_a_file_replaced_meanwhile_is_told_whether_it_was_looked_at_or_not(lake, scan, monkeypatch, changed):
    """a.parquet is being looked into, z.txt was only listed; what was found before is told as well."""
    (lake / "z.txt").write_text("nobody")

    def replace():
        (lake / "new").write_bytes((lake / changed).read_bytes())
        (lake / "new").rename(lake / changed)

    meddle(monkeypatch, replace)
    told = scan(lake)
    (one,) = told.json["not_looked_at"]
    assert (f"{lake}/{changed}", "it changed or vanished since the command began; run it again") == (
        one["file"],
        one["why"],
    )
    assert 1 == told.code
    assert [7] == places(told.json)["a.parquet", 0, "user.mail", "plain"]


def test_a_file_that_vanishes_or_grows_is_never_clean(lake, scan, monkeypatch):
    def meanwhile():
        (lake / "events.jsonl").unlink()
        with (lake / "deep" / "b.csv").open("a") as file:
            file.write("31,,\n")

    meddle(monkeypatch, meanwhile)
    told = scan(lake, ids=(OTHER,))
    assert {"b.csv", "events.jsonl"} == {Path(one["file"]).name for one in told.json["not_looked_at"]}
    assert (2, 4) == (told.code, told.json["files"])


def test_ids_in_names_and_metadata_are_found_and_never_printed(tmp_path, scan):
    """A CSV without a header has a person among its columns; a name is masked in every spelling."""
    folder = tmp_path / "odd" / f"of-{MAIL}"
    folder.mkdir(parents=True)
    (folder / f"{UUID.upper()}.csv").write_text(f"{MAIL},1\nsomebody@example.com,2\n")
    table = pa.table({MAIL: [1], f"s.{PHONE[1:]}": [{OTHER: 1}]}).replace_schema_metadata({"who": UUID})
    pq.write_table(table, folder / "m.parquet")
    told = scan(tmp_path / "odd", ids=(MAIL, OTHER, UUID, PHONE))
    assert {"(path)", "(columns)", "(metadata)"} == {one["column"] for one in told.json["places"]}
    assert "***" in told.out
    (folder / "m.parquet").unlink()
    told = scan(tmp_path / "odd", ids=(MAIL, OTHER, UUID, PHONE), as_json=False)
    assert (1, True) == (told.code, "***" in told.out)


@pytest.mark.parametrize("key", [MAIL, MAIL.replace(".", "\\."), f"user.{OTHER}", f"{MAIL}[]"])
def test_a_key_that_holds_an_id_is_masked(lake, scan, key):
    """Somebody who mixes up --key and --ids: an address reads as a column and its fields."""
    told = scan(lake / "deep" / "b.csv", "--key", key, "--all-columns", ids=(MAIL, OTHER))
    assert "***" in told.json["keys"][0]
    assert "***" in told.json["not_looked_at"][0]["why"]
    told = scan(lake / "deep" / "b.csv", "--key", key, ids=(MAIL, OTHER), as_json=False)
    assert (True, True) == ("***" in told.out, "it has no column '" in told.err)
    told = scan(lake / "deep" / "b.csv", "--key", f"{key}..x", ids=(MAIL, OTHER))
    assert (2, "", True) == (told.code, told.out, "***" in told.err)


def test_a_column_that_is_named_by_an_id_is_searched_and_masked(tmp_path, scan):
    pq.write_table(pa.table({MAIL: [MAIL]}), tmp_path / "m.parquet")
    told = scan(tmp_path / "m.parquet", "--key", MAIL.replace(".", "\\."))
    assert (1, ["***"], "***") == (told.code, told.json["keys"], told.json["places"][0]["column"])


def test_a_long_list_of_rows_is_cut_and_counted(tmp_path, scan):
    pq.write_table(pa.table({"mail": [MAIL, OTHER] * 500}), tmp_path / "many.parquet", row_group_size=1000)
    (place,) = scan(tmp_path / "many.parquet", "--rows", "3", ids=(MAIL, OTHER)).json["places"]
    assert (1000, 2, True, [0, 1, 2]) == (
        place["rows"],
        place["ids"],
        place["cut"],
        [match["row"] for match in place["matches"]],
    )
    said = scan(tmp_path / "many.parquet", ids=(MAIL, OTHER), as_json=False).out
    assert "\n    row group 0, mail: rows 0, 1, 2, 3, ... 1,000 rows (line 1, line 2)\n" in said


def test_the_ids_may_be_a_column_and_are_told_by_row(lake, tmp_path, scan):
    pq.write_table(pa.table({"id": [OTHER, None, MAIL], "n": [1, 2, 3]}), tmp_path / "ids.parquet")
    words = ("--ids", str(tmp_path / "ids.parquet"), "--ids-column", "id")
    assert ["row 3"] == scan(lake / ".model.bin", *words).json["ids_found"]
    told = scan(lake, *words, "--kind", "phone")
    assert (2, "rtbf: row 1 of the ids is no phone, as the key's column or --kind asks for\n") == (
        told.code,
        told.err,
    )


def test_json_has_the_same_names_whatever_was_seen_and_the_document_says_them(lake, scan):
    told = [scan(lake / "deep" / "b.csv", ids=ids).json for ids in ((MAIL,), (OTHER,))]
    assert 1 == len({tuple(one) for one in told})
    (place, *_), said = told[0]["places"], FORMAT.read_text(encoding="utf-8")
    for name in {*told[0], *place, *place["matches"][0]}:
        assert f"| `{name}` |" in said, name


def test_an_unclean_line_of_the_ids_is_wrong_usage(lake, scan):
    for unclean in (f"mailto:{MAIL}", f"<{MAIL}>", f"{MAIL},{NUMBER}", f'"{NUMBER}"'):
        told = scan(lake, ids=(OTHER, unclean))
        assert (2, "") == (told.code, told.out)
        assert told.err.startswith("rtbf: line 2 of the ids is not clean: quotes, brackets, commas")


def test_wrong_usage_looks_at_nothing_and_repeats_nothing(lake, scan, tmp_path):
    (tmp_path / "empty").mkdir()
    for words, why in {
        (f"--{MAIL}",): "there is no such option",
        ("--kind", MAIL): "--kind is one of",
        ("--memory", MAIL): "--memory is a whole number with MB or GB",
        ("--rows", "0"): "--rows is a whole number",
        ("--key", "a..b"): "an empty step",
    }.items():
        told = scan(lake, *words)
        assert (2, "") == (told.code, told.out)
        assert why in told.err
    assert "nothing is there" in scan(lake / MAIL).err
    assert "***" in scan(lake / MAIL).err
    assert "no file is there" in scan(tmp_path / "empty").err


def test_temporary_files_are_private_and_what_a_killed_scan_left_is_deleted(
    lake, scan, monkeypatch, tmp_path
):
    left = tmp_path / "temporary" / f"{PREFIX}left"
    left.mkdir()
    (left / "object.csv").write_text(MAIL)
    modes = []

    def look_around():
        (folder,) = (tmp_path / "temporary").iterdir()
        modes.append(stat.S_IMODE(folder.stat().st_mode))

    meddle(monkeypatch, look_around)
    assert 1 == scan(lake / "a.parquet").code
    assert [0o700] == modes


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_it_tells_what_it_saw_and_is_not_clean(lake, scan, monkeypatch, number):
    monkeypatch.setattr(scan_run, "BATCH_FILES", 1)
    meddle(monkeypatch, lambda: os.kill(os.getpid(), number))
    told = scan(lake)
    assert (130, True, False, 2) == (
        told.code,
        *(told.json[name] for name in ("stopped", "clean", "files")),
    )


def test_an_error_that_nobody_foresaw_is_named_without_its_text(lake, scan, monkeypatch):
    def broken(self, files):
        raise ValueError(MAIL)

    monkeypatch.setattr(scan_run.Looker, "look", broken)
    told = scan(lake)
    assert (2, 0, 6) == (told.code, told.json["files"], len(told.json["not_looked_at"]))
    assert all("ValueError at test_cli_files_scan.py" in one["why"] for one in told.json["not_looked_at"])


def test_both_commands_are_listed_and_explain_themselves():
    listed = CliRunner().invoke(app, ["files", "--help"]).stdout
    assert "erase" in listed
    assert "scan" in listed
    said = cli_files_scan.options().format_help()
    assert "else all columns" in said
    assert "they need --key" in said


NOT_NEEDED = {
    *("dagster", "sqlalchemy", "polars", "pandas", "boto3", "obstore"),
    *("typer", "rich", "pydantic"),
}


def test_it_imports_no_dagster_and_nothing_else_that_it_does_not_need(lake, tmp_path):
    """Looked at in a process that has done the whole job."""
    look = (
        "import sys\nfrom rtbf_desk.cli_entry import main\nsys.argv = ['rtbf', *sys.argv[1:]]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert end.code == 1, end.code\n"
        "print(*{name.partition('.')[0] for name, module in sys.modules.items() if module})"
    )
    (tmp_path / "ids.txt").write_text(MAIL)
    words = ["files", "scan", str(lake), "--ids", str(tmp_path / "ids.txt"), "--json"]
    done = subprocess.run([sys.executable, "-c", look, *words], check=True, capture_output=True, text=True)
    imported = set(done.stdout.splitlines()[-1].split())
    assert "duckdb" in imported
    assert not imported & NOT_NEEDED
