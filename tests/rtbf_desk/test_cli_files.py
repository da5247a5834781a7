"""`rtbf files erase` on files of this machine: what goes, what is named, exit codes, and never an id said."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from rtbf_desk.cli import app
from rtbf_jobs.erasers.atomic import TEMPORARY
from rtbf_jobs.files import local
from rtbf_jobs.files.stop import Stop

FORMAT = Path(__file__).parents[2] / "docs" / "formats" / "files-erase.md"
IDS = "551199331\n551199332\n"
MAILS = "grace.hopper@example.com\n"
CHILD = "import sys; from rtbf_desk.cli_entry import main; sys.argv = ['rtbf', *sys.argv[1:]]; main()"


def table(users, mails=None):
    """Return rows with a struct of user id and mail; a None among the users is a null struct."""
    mails = mails or [None] * len(users)
    rows = [u if u is None else {"id": u, "mail": m} for u, m in zip(users, mails, strict=True)]
    kind = pa.struct({"id": pa.int64(), "mail": pa.string()})
    return pa.table({"user": pa.array(rows, kind), "n": list(range(len(users)))})


@pytest.fixture
def lake(tmp_path):
    """Two Parquet files with a match in several row groups, one without; the ids beside."""
    folder = tmp_path / "lake"
    (folder / "deep").mkdir(parents=True)
    pq.write_table(table([1, 551199331, None, 3, 551199332, 5]), folder / "a.parquet", row_group_size=2)
    pq.write_table(table([551199331, 7]), folder / "deep" / "b.parquet")
    pq.write_table(table([8, None]), folder / "c.parquet")
    (tmp_path / "ids.txt").write_text(IDS)
    return folder


def erase(lake, *words, ids=None, typed=None, key="user.id"):
    """Run the command on a lake; nothing that it says may hold an id."""
    given = ids or str(lake.parent / "ids.txt")
    result = CliRunner().invoke(
        app, ["files", "erase", str(lake), "--key", key, "--ids", given, *words], input=typed
    )
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    said = (result.stdout + result.stderr).lower()
    assert not [text for text in (IDS + MAILS).split() if text in said]
    return result


def left(lake):
    """Return the users that are left, file by file, read with polars."""
    return {
        path.relative_to(lake).as_posix(): pl.read_parquet(path)["user"].struct["id"].to_list()
        for path in sorted(lake.rglob("*.parquet"))
    }


def states(lake):
    """Return every file with its bytes, inode and times."""
    return {
        path: (path.read_bytes(), path.stat().st_ino, path.stat().st_mtime_ns)
        for path in sorted(lake.rglob("*"))
        if path.is_file()
    }


ERASED = {"a.parquet": [1, None, 3, 5], "c.parquet": [8, None], "deep/b.parquet": [7]}


def test_rows_go_and_what_it_took_is_told(lake):
    """Rows without a key are nobody's here: they stay."""
    result = erase(lake)
    assert 0 == result.exit_code, result.stderr
    assert ERASED == left(lake)
    said = " ".join(result.stdout.split())
    assert (
        "keys read user.id as integer files scanned 3 files changed 2 files refused 0 rows erased 3" in said
    )
    for name in ("bytes copied", "bytes encoded"):
        (count,) = re.findall(rf"{name} ([0-9,]+)", said)
        assert "0" != count


def test_json_is_the_same_for_machines(lake):
    told = json.loads(erase(lake, "--json").stdout)
    assert (3, 2, 0, 3) == tuple(
        told[name] for name in ("files_scanned", "files_changed", "files_refused", "rows_erased")
    )
    assert (3, 3) == (told["row_groups_touched"], told["row_groups_searched"])
    assert 2 == told["row_groups_pruned_by_statistics"]
    assert ["erased", "erased"] == [each["state"] for each in told["results"]]
    assert {"user.id": "integer"} == told["results"][0]["kinds"]


def test_json_has_the_same_names_whatever_was_done(lake):
    """Done, only looked at, and refused in part; docs/formats/files-erase.md says what each means."""
    (lake / "bad.parquet").write_bytes(b"no")
    told = [json.loads(erase(lake, *words, "--json").stdout) for words in (("--dry-run",), ())]
    (lake / "bad.parquet").unlink()
    told.append(json.loads(erase(lake, "--json").stdout))
    assert 1 == len({tuple(each) for each in told})
    assert 1 == len({(*one, *one["work"]) for each in told for one in each["results"]})
    said = FORMAT.read_text(encoding="utf-8")
    for name in {*told[0], *told[0]["results"][0], *told[0]["results"][0]["work"]}:
        assert f"| `{name}` |" in said


def test_what_was_copied_and_what_encoded_is_the_new_file(lake):
    """Nothing else is in it but zeros that keep offsets."""
    told = json.loads(erase(lake, "--json").stdout)
    for each in told["results"]:
        copied, encoded = each["work"]["bytes_copied"], each["work"]["bytes_encoded"]
        assert 0 < encoded
        assert 0 <= each["bytes_after"] - copied - encoded < each["bytes_after"] / 2
    assert told["results"][0]["work"]["bytes_copied"] > 100, "a row group that nobody touched"


def test_a_second_run_finds_nothing_and_writes_nothing(lake):
    erase(lake)
    before = states(lake)
    told = json.loads(erase(lake, "--json").stdout)
    assert (0, 0, before) == (told["rows_erased"], told["files_changed"], states(lake))


def test_a_dry_run_counts_the_same_and_writes_nothing(lake):
    """No byte, no inode, no time of any file, and no file more."""
    before = states(lake)
    result = erase(lake, "--dry-run", "--json")
    told = json.loads(result.stdout)
    assert (0, True, 2, 3) == (result.exit_code, told["dry_run"], told["files_changed"], told["rows_erased"])
    assert ["would_erase"] * 2 == [each["state"] for each in told["results"]]
    assert before == states(lake)
    assert "rows to erase" in erase(lake, "--dry-run").stdout


@pytest.mark.parametrize("words", [(), ("--dry-run",)])
def test_a_file_with_a_second_name_is_named(lake, words):
    """The other name would keep the old bytes; a dry run says so too."""
    os.link(lake / "a.parquet", lake.parent / "other-name")
    result = erase(lake, *words)
    assert 1 == result.exit_code
    assert f"{lake}/a.parquet: a file to be changed has a second name" in result.stderr


def test_a_file_that_somebody_else_erased_meanwhile_is_clean(lake, monkeypatch):
    """The rows are counted by who took them out."""
    looked, written = local._look_parquet, set()

    def look_then_write(order, wants):
        found = looked(order, wants)
        if order.root not in written:
            written.add(order.root)
            pq.write_table(table([9]), order.root)
        return found

    monkeypatch.setattr(local, "_look_parquet", look_then_write)
    result = erase(lake, "--json")
    assert (0, 0) == (result.exit_code, json.loads(result.stdout)["rows_erased"])


def without_rights(command, **options):
    """Run a command that the rights of files hold for, also where we are root."""
    drop = "import ctypes, os, sys; c = ctypes.CDLL(None); [c.prctl(24, cap) for cap in (1, 2)]; "
    leap = "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    return subprocess.run([sys.executable, "-c", drop + leap, *command], check=False, **options)


def test_a_corrupt_an_encrypted_and_an_unreadable_file_are_named_and_the_rest_is_done(lake):
    """One bad file does not keep the person in the others: exit 1 and three names."""
    (lake / "corrupt.parquet").write_bytes((lake / "c.parquet").read_bytes()[:-20])
    (lake / "encrypted.parquet").write_bytes(b"PARE" + b"\0" * 40 + b"PARE")
    (lake / "unreadable.csv").write_text("user\n551199331\n")
    (lake / "unreadable.csv").chmod(0)
    words = ("files", "erase", str(lake), "--key", "user.id", "--ids", str(lake.parent / "ids.txt"))
    done = without_rights(["-c", CHILD, *words], capture_output=True, text=True)
    assert 1 == done.returncode, done.stderr
    named = [line for line in done.stderr.splitlines() if line]
    assert [f"{lake}/{name}" for name in ("corrupt.parquet", "encrypted.parquet", "unreadable.csv")] == [
        line.split(": ")[1] for line in named
    ]
    for line, why in zip(named, ("cannot be read", "encrypted", "EACCES"), strict=True):
        assert why in line
    for name in ("corrupt", "encrypted"):
        (lake / f"{name}.parquet").unlink()
    assert ERASED == left(lake)


def test_a_text_id_against_an_integer_column_is_a_refusal(lake):
    """S3F2: it matched nothing, and nobody was told."""
    before = states(lake)
    result = erase(lake, ids="-", typed=MAILS)
    assert (1, before) == (result.exit_code, states(lake))
    assert ["rtbf: 3 files: line 1 of the ids is no integer, as the key's column or --kind asks for"] + [
        f"rtbf:   {path}" for path in sorted(lake.rglob("*.parquet"))
    ] == result.stderr.splitlines()
    assert 2 == erase(lake, "--kind", "integer", ids="-", typed=MAILS).exit_code


def test_an_id_too_large_for_the_column_is_a_refusal(tmp_path):
    lake = tmp_path / "lake"
    lake.mkdir()
    pq.write_table(pa.table({"user": pa.array([1], pa.int32())}), lake / "a.parquet")
    result = erase(lake, ids="-", typed=f"{1 << 40}\n", key="user")
    assert 1 == result.exit_code
    assert "does not fit" in result.stderr


def test_mails_are_one_in_every_writing_and_the_guess_is_told(tmp_path):
    """`Grace.Hopper@Example.com ` is the same person; a missing mail is nobody's."""
    lake = tmp_path / "lake"
    lake.mkdir()
    written = ["Grace.Hopper@Example.com ", "eve@example.com", None, "grace.hopper@example.com"]
    pq.write_table(table([1, 2, 3, 4], written), lake / "a.parquet")
    result = erase(lake, ids="-", typed=MAILS, key="user.mail")
    assert 0 == result.exit_code
    assert "user.mail as email" in result.stdout
    assert {"a.parquet": [2, 3]} == left(lake)


def test_a_row_goes_that_any_of_several_keys_gives_away(tmp_path):
    lake = tmp_path / "lake"
    lake.mkdir()
    (tmp_path / "ids.txt").write_text(IDS)
    (lake / "a.csv").write_text("buyer,seller,n\n551199331,1,a\n2,551199331,b\n3,4,c\n")
    result = erase(lake, "--key", "seller", "--kind", "integer", key="buyer")
    assert 0 == result.exit_code, result.stderr
    assert "buyer,seller,n\n3,4,c\n" == (lake / "a.csv").read_text()


def test_columns_of_text_and_ids_of_digits_ask_what_they_are(tmp_path):
    """Two files, two types: the one with text is named, the other is done; said once, both are."""
    lake = tmp_path / "lake"
    lake.mkdir()
    pq.write_table(pa.table({"user": ["551199331", "2"]}), lake / "text.parquet")
    pq.write_table(pa.table({"user": [551199331, 2]}), lake / "whole.parquet")
    (tmp_path / "ids.txt").write_text(IDS)
    result = erase(lake, key="user")
    assert 1 == result.exit_code
    assert f"{lake}/text.parquet" in result.stderr
    assert 1 == pl.read_parquet(lake / "whole.parquet").height
    assert 0 == erase(lake, "--kind", "integer", key="user").exit_code
    assert ["2"] == pl.read_parquet(lake / "text.parquet")["user"].to_list()


def test_files_that_their_names_leave_out_are_counted_and_told(lake):
    """Nobody may take exit 0 for "they are nowhere below the folder"."""
    (lake / ".sub").mkdir()
    for name in (".hidden.parquet", ".sub/k.parquet", "part-0000", "a.parquet.bak", "g.csv.gz"):
        pq.write_table(table([551199331, 2]), lake / name)
    result = erase(lake)
    assert 0 == result.exit_code
    assert "files left out 5 " in " ".join(result.stdout.split())
    assert "rtbf: files left out because of their names: 5; `rtbf files scan` looks into" in result.stderr
    assert 5 == json.loads(erase(lake, "--dry-run", "--json").stdout)["files_left_out"]
    assert (
        1
        == json.loads(erase(lake / ".hidden.parquet", "--json", ids=str(lake.parent / "ids.txt")).stdout)[
            "rows_erased"
        ]
    )
    told = json.loads(erase(lake / "deep", "--json", ids=str(lake.parent / "ids.txt")).stdout)
    assert 0 == told["files_left_out"]


def test_an_unclean_line_of_the_ids_is_wrong_usage_and_touches_nothing(lake):
    before = states(lake)
    result = erase(lake, ids="-", typed=f'551199331\n"{MAILS.strip()}"\n', key="user.mail")
    assert (2, before) == (result.exit_code, states(lake))
    assert result.stderr.startswith("rtbf: line 2 of the ids is not clean: quotes, brackets, commas")


def test_names_that_hold_an_id_are_masked(lake):
    """The folder of one person: the refusal is about a file, not about whom."""
    (lake / "user=551199331").mkdir()
    (lake / "user=551199331" / "bad.parquet").write_bytes(b"no")
    result = erase(lake)
    assert 1 == result.exit_code
    assert "user=***/bad.parquet" in result.stderr


@pytest.mark.parametrize("key", ["grace.hopper@example.com", r"grace\.hopper@example\.com", "user.551199331"])
def test_a_key_that_holds_an_id_is_masked(lake, key):
    """Somebody who mixes up --key and --ids: an address reads as a column and its fields."""
    for words in (("--kind", "text"), ("--kind", "text", "--json"), ("--json",)):
        result = erase(lake, *words, ids="-", typed=IDS + MAILS, key=key)
        assert (1, True) == (result.exit_code, "***" in result.stdout + result.stderr)
    result = erase(lake, ids="-", typed=IDS + MAILS, key=f"{key}..x")
    assert (2, True) == (result.exit_code, "key path '***" in result.stderr or "user.***" in result.stderr)


def test_a_column_that_is_named_by_an_id_is_erased_in_and_masked(lake):
    pq.write_table(pa.table({"551199331": [551199331, 4]}), lake / "a.parquet")
    result = erase(lake / "a.parquet", ids="-", typed=IDS, key="551199331")
    assert (0, [4]) == (result.exit_code, pl.read_parquet(lake / "a.parquet")["551199331"].to_list())
    assert "keys read *** as integer" in " ".join(result.stdout.split())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--kind", "551199331"), "--kind is one of: integer, "),
        (("--history", "551199331"), "--history is one of: keep, delete"),
        (("--ids-column", "x"), "the ids file has no column of the name that --ids-column gives"),
        (("--key", "a..b"), "key path 'a..b': an empty step"),
        (("--551199331",), "there is no such option"),
        (("--jobs", "0"), "--jobs is a whole number"),
        (("--ids",), "--ids does not take what was given"),
        (("--dry-run=551199331",), "--dry-run does not take what was given"),
    ],
)
def test_wrong_usage_is_two_and_touches_nothing(lake, words, sentence):
    """One sentence says what is wrong, without what was typed: it may be a person."""
    before = states(lake)
    result = erase(lake, *words)
    assert (2, before) == (result.exit_code, states(lake))
    (said,) = result.stderr.splitlines()
    assert said.startswith(f"rtbf: {sentence}")


@pytest.mark.parametrize(
    ("words", "missing"), [([], "--key, --ids"), (["--key", "user", "--ids", "-"], "PLACE")]
)
def test_options_that_are_missing_are_named(words, missing):
    result = CliRunner().invoke(app, ["files", "erase", *words])
    assert 2 == result.exit_code
    assert f"rtbf: {missing} missing; rtbf files erase --help says more\n" == result.stderr


def test_a_place_without_files_is_wrong_usage(tmp_path):
    (tmp_path / "ids.txt").write_text(IDS)
    (tmp_path / "lake").mkdir()
    result = erase(tmp_path / "lake")
    assert (2, "") == (result.exit_code, result.stdout)
    assert f"rtbf: {tmp_path}/lake: no Parquet or CSV file is there" in result.stderr
    for place in ("lake/*.parquet", "nowhere"):
        result = erase(tmp_path / place, ids=str(tmp_path / "ids.txt"))
        assert (2, f"rtbf: {tmp_path}/{place}: nothing is there, or it may not be looked into\n") == (
            result.exit_code,
            result.stderr,
        )


def test_a_bucket_without_the_extra_is_told_in_a_sentence(lake, monkeypatch):
    monkeypatch.setitem(sys.modules, "obstore", None)
    for name in [
        name for name in sys.modules if name.startswith(("rtbf_jobs.erasers.objects", "rtbf_jobs.files.buck"))
    ]:
        monkeypatch.delitem(sys.modules, name)
    given = ["files", "erase", "s3://b/x", "--key", "user", "--ids", str(lake.parent / "ids.txt")]
    result = CliRunner().invoke(app, given)
    assert 2 == result.exit_code
    assert "the extra `objects`" in result.stderr


NOT_NEEDED = {
    *("dagster", "sqlalchemy", "duckdb", "polars", "numpy", "pandas", "boto3", "obstore"),
    *("typer", "rich", "pydantic", "rtbf_ledger", "scanners"),
}
"""What would add to the start of a tiny run: `pyarrow.parquet` alone is most of it."""


def test_it_imports_no_dagster_and_nothing_else_that_it_does_not_need(lake):
    """Looked at in a process that has done the whole job."""
    look = (
        "import sys\nfrom rtbf_desk.cli_entry import main\nsys.argv = ['rtbf', *sys.argv[1:]]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert end.code == 0, end.code\n"
        "print(*{name.partition('.')[0] for name, module in sys.modules.items() if module})"
    )
    words = ["files", "erase", str(lake), "--key", "user.id", "--ids", str(lake.parent / "ids.txt")]
    done = subprocess.run([sys.executable, "-c", look, *words], check=True, capture_output=True, text=True)
    imported = set(done.stdout.splitlines()[-1].split())
    assert "pyarrow" in imported
    assert not imported & NOT_NEEDED
    assert ERASED == left(lake)


STOPPED = """
import os, signal, sys
from rtbf_desk.cli_entry import main
seen = []
def watch(event, args):
    if {step} and not seen:
        seen.append(1)
        os.kill(os.getpid(), signal.{number})
sys.addaudithook(watch)
sys.argv = ["rtbf", *sys.argv[1:]]
main()
"""
STEPS = {
    "creates_temporary": "event == 'open' and '.rtbf-' in str(args[0])",
    "names_temporary": "event == 'os.rename'",
    "sets_mode": "event == 'os.chmod'",
    "exchanges": "event == 'os.rename' and str(args[1]).endswith('.parquet')",
    "removes_the_old": "event == 'os.remove'",
}


@pytest.mark.parametrize(
    ("step", "number"), [*((step, "SIGINT") for step in STEPS), ("exchanges", "SIGTERM")]
)
def test_stopped_at_any_step_every_file_is_old_or_new_and_a_second_run_goes_on(lake, step, number):
    """No temporary file is left, which would hold all of the old data."""
    words = ["files", "erase", str(lake), "--key", "user.id", "--ids", str(lake.parent / "ids.txt"), "--json"]
    before = left(lake)
    child = STOPPED.format(step=STEPS[step], number=number)
    done = subprocess.run([sys.executable, "-c", child, *words], check=False, capture_output=True, text=True)
    assert 130 == done.returncode, done.stderr
    assert json.loads(done.stdout)["cancelled"] is True
    assert [] == [path for path in lake.rglob("*") if TEMPORARY.fullmatch(path.name)]
    for name, users in left(lake).items():
        assert users in (before[name], ERASED[name])
    assert 0 == erase(lake).exit_code
    assert ERASED == left(lake)


@pytest.mark.parametrize("step", [step for step in STEPS if step != "creates_temporary"])
def test_what_a_killed_run_left_is_swept_before_anything_is_read(lake, step):
    """At no step does a reader find half a file; the next run goes on, and skips what is done."""
    child, before = STOPPED.format(step=STEPS[step], number="SIGKILL"), left(lake)
    words = ["files", "erase", str(lake), "--key", "user.id", "--ids", str(lake.parent / "ids.txt")]
    done = subprocess.run([sys.executable, "-c", child, *words], check=False, capture_output=True)
    assert -signal.SIGKILL == done.returncode
    assert [path for path in lake.rglob("*") if TEMPORARY.fullmatch(path.name)]
    for name, users in left(lake).items():
        assert users in (before[name], ERASED[name])
    undone = [name for name, users in left(lake).items() if users != ERASED[name]]
    told = json.loads(erase(lake, "--json").stdout)
    assert undone == [Path(each["name"]).relative_to(lake).as_posix() for each in told["results"]]
    assert ERASED == left(lake)
    assert [] == [path for path in lake.rglob("*") if TEMPORARY.fullmatch(path.name)]


def test_a_file_changed_right_before_the_exchange_is_read_anew(lake, monkeypatch):
    """The foreign write stays, and the person goes from it too."""
    writes = []

    def write_then_hold(stop):
        if not writes:
            writes.append(1)
            pq.write_table(table([551199331, 99]), lake / "new")
            (lake / "new").replace(lake / "a.parquet")
        hold(stop)

    hold = Stop.hold
    monkeypatch.setattr(Stop, "hold", write_then_hold)
    result = erase(lake, "--jobs", "1")  # else another file's turn may come while this one is exchanged
    assert 0 == result.exit_code, result.stderr
    assert [99] == left(lake)["a.parquet"]


def test_a_file_that_always_changes_is_named(lake, monkeypatch):
    """After a few tries it is left as it is."""
    hold = Stop.hold

    def touch_then_hold(stop):
        os.utime(lake / "a.parquet")
        hold(stop)

    monkeypatch.setattr(Stop, "hold", touch_then_hold)
    result = erase(lake)
    assert 1 == result.exit_code
    assert f"{lake}/a.parquet: a file changed since it was read" in result.stderr
    assert ERASED["deep/b.parquet"] == left(lake)["deep/b.parquet"]


def test_a_terminal_sees_files_bytes_and_time_left(lake):
    """On a real terminal; the summary goes to standard output all the same."""
    ours, theirs = pty.openpty()
    words = ["files", "erase", str(lake), "--key", "user.id", "--ids", str(lake.parent / "ids.txt")]
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, *words],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "120"},
    ) as child:
        os.close(theirs)
        assert b"rows erased" in child.stdout.read()
    seen = b""
    with suppress(OSError):  # the other end is closed
        while more := os.read(ours, 1 << 16):
            seen += more
    os.close(ours)
    assert b"of 3 files" in seen
    assert re.search(rb"[0-9.]+/[0-9.]+ (bytes|kB)", seen)
