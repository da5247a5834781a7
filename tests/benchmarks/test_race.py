"""A race in small, with real contenders on real files, and what becomes of those that are wrong."""

import json
import subprocess

import pytest

from benchmarks import filesystems, goals, race, report
from benchmarks.cases import ONE, Case, cases
from benchmarks.clickstream import Clickstream
from benchmarks.oracle import WrongResult
from benchmarks.published import END
from benchmarks.race import Raced
from benchmarks.turns import Rules

MEASURED = {"seconds", "find_seconds", "rewrite_seconds", "cpu_seconds", "peak_bytes", "bytes_after"}


def run_of(seconds):
    """Return what a run says that took so long."""
    return dict.fromkeys(MEASURED, 1) | {"seconds": seconds, "find_seconds": None}


def raced_of(case=ONE, file_system="ext4", failed=(), **seconds):
    """Return a case as if it had been run."""
    names = {
        name.replace("delta_rs", "delta-rs"): [run_of(each) for each in told]
        for name, told in seconds.items()
    }
    return Raced(case, file_system, "clicks", "user_id (int)", 1, 1, 80, 400_000_000, "", names, dict(failed))


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """One person of 200 erased by ours and by pyarrow, on what this folder is on."""
    folder = tmp_path_factory.mktemp("race")
    data = Clickstream(folder / "data", rows=2_000, groups=4)
    case = Case(ONE, lambda: (data.table(), data.in_group(2)), ("ours", "cp", "pyarrow"), "enough for a test")
    said = []
    return race.race(case, list(case.names), folder, Rules(1, 60.0, said.append)), said


def test_every_contender_tells_time_and_memory_of_every_round(small):
    raced, said = small
    assert {"ours": 1, "cp": 1, "pyarrow": 1} == {name: len(runs) for name, runs in raced.runs.items()}
    for runs in raced.runs.values():
        assert all(run.keys() == MEASURED and run["peak_bytes"] > 1 << 20 for run in runs)
    assert 3 == len(said)
    assert [1, 4, 1, {}] == [raced.touched, raced.groups, raced.ids, raced.failed]


def test_find_and_rewrite_are_apart_and_ours_counts_both(small):
    raced, _ = small
    for run in raced.runs["ours"]:
        assert run["seconds"] == pytest.approx(run["find_seconds"] + run["rewrite_seconds"])
    for run in raced.runs["pyarrow"]:
        assert run["seconds"] == run["rewrite_seconds"]
        assert run["find_seconds"] > 0
    assert all(run["find_seconds"] is None for run in raced.runs["cp"])


def test_a_run_leaves_nothing_but_the_data(small, tmp_path_factory):
    folders = tmp_path_factory.getbasetemp().glob("race*/*")
    assert {"data"} == {path.name for path in folders}


def wrong():
    raise WrongResult("the rows are not those that stay")


def crashed():
    raise subprocess.CalledProcessError(-11, "python")


def failed():
    raise subprocess.CalledProcessError(1, "python", stderr="Traceback\nsome.Error: user1@clicks.example")


@pytest.mark.parametrize(
    ("once", "reason"),
    [
        (wrong, "the rows are not those that stay"),
        (crashed, "was ended by SIGSEGV"),
        (failed, "failed with some.Error"),
    ],
)
def test_a_peer_that_is_wrong_is_out_with_the_reason_and_without_its_times(once, reason):
    raced = raced_of(duckdb=[1.0], polars=[2.0])
    race._take(raced, "duckdb", once)
    assert [{"duckdb": reason}, "polars"] == [raced.failed, raced.best_peer]
    assert not race._runs_again(raced, "duckdb", 60.0)


def test_a_wrong_output_of_ours_stops_the_benchmark():
    with pytest.raises(WrongResult):
        race._take(raced_of(ours=[1.0]), "ours", wrong)


def test_only_the_fastest_peer_and_ours_run_on_when_patience_is_over():
    raced = raced_of(ours=[9.0], cp=[9.0], duckdb=[7.0], polars=[8.0], pyarrow=[2.0, 2.0])
    running = [name for name in raced.runs if race._runs_again(raced, name, 5.0)]
    assert ["ours", "cp", "pyarrow"] == running


def test_a_second_file_system_is_told_which_peers_it_goes_without():
    case = Case(ONE, lambda: None)
    again = race.fewer(case, raced_of(ours=[1.0], cp=[1.0], duckdb=[3.0], polars=[2.0], pyarrow=[4.0]))
    assert ("ours", "cp", "duckdb", "polars") == again.names
    assert again.why == "only the two peers run that were fastest on ext4"


@pytest.mark.parametrize(
    ("file_system", "expected"),
    [
        ("ext4", {"best peer": (12, 20.0, True), "cp": (1.05, 0.5, True)}),
        ("xfs", {"best peer": (40, 20.0, False), "cp": (0.35, 0.5, False)}),
    ],
)
def test_goals_are_those_of_the_file_system(file_system, expected):
    raced = raced_of(file_system=file_system, ours=[1.0], cp=[2.0], duckdb=[30.0], polars=[20.0])
    judged = goals.verdicts([raced], full=True)
    assert expected == {
        name: (one.bound, one.figure, one.reached)
        for one in judged
        for name in expected
        if one.goal.endswith(name)
    }


def test_many_ids_are_compared_with_one_and_memory_with_its_bound():
    many, memory = raced_of(goals.THOUSAND, ours=[1.4]), raced_of(goals.MEMORY, ours=[1.0])
    judged = goals.verdicts([raced_of(ours=[1.0]), many, memory], full=True)
    assert [(1.3, 1.4, False), (400, 1 / (1 << 20), True)] == [
        (one.bound, one.figure, one.reached) for one in judged
    ]
    assert 1 == len(goals.verdicts([raced_of(ours=[1.0]), many, memory], full=False))


def report_of(*raced):
    """Return a report of cases, made on no machine in particular."""
    machine = {"processor": "none", "cores": 2, "memory_bytes": 1 << 30, "kernel": "Linux", "python": "3.11"}
    machine |= {"versions": {"duckdb": "2.0"}, "load_before": [0.1, 0, 0], "load_after": [0.2, 0, 0]}
    judged = goals.verdicts(raced, full=True)
    return report.Report(
        "2026-11-22", machine, "abc", 1.0, 2, 5.0, 1.0, ["XFS is left out"], [*raced], judged
    )


def test_what_is_written_holds_every_round_and_both_goals(small, tmp_path):
    raced, _ = small
    result, document, picture = report.write(report_of(raced), tmp_path)
    told = json.loads(result.read_text())
    (case,) = told["cases"]
    assert [2, False] == [len(told["goals"]), any("/" in one["goal"] for one in told["goals"])]
    assert {"ours", "cp", "pyarrow"} == case["contenders"].keys()
    assert raced.runs["ours"] == case["contenders"]["ours"]["runs"]
    assert raced.median("ours") == case["contenders"]["ours"]["median_seconds"]
    assert "without duckdb, polars, delta-rs, pyiceberg: enough for a test" in document.read_text()
    assert "- XFS is left out" in document.read_text()
    assert f"{ONE} ({raced.file_system})" in picture.read_text()


def test_the_report_says_where_we_lose_and_who_failed_or_ran_less():
    lost = raced_of(
        "lost", ours=[4.0, 4.0], duckdb=[2.0, 2.0], polars=[9.0], failed=[("pyarrow", "took too long")]
    )
    text = report.told(report_of(lost, raced_of("won", ours=[1.0, 1.0], duckdb=[2.0, 2.0])))
    losses = text.partition("### Where we lose")[2].partition("![")[0]
    assert "- lost (ext4): 2.00 times as long as duckdb" in losses
    assert "won" not in losses
    assert "| 4.00 | - | 2.00 | 9.00 (1) | failed | - | - | 0.50 |" in text
    assert "- lost (ext4): pyarrow took too long" in text


def test_the_hand_written_part_of_the_document_stays():
    """And the document in the tree has the two lines between which the rest is written."""
    old = (race.ROOT / report.PUBLISHED.document).read_text(encoding="utf-8")
    new = report.PUBLISHED.spliced(report.PUBLISHED.spliced(old, "first run"), "second run")
    before, after = old.split(report.PUBLISHED.begin)[0], old.split(END)[1]
    assert new == f"{before}{report.PUBLISHED.begin}\n\nsecond run\n\n{END}{after}"


@pytest.mark.parametrize(
    "document", ["", f"{END}\n{report.PUBLISHED.begin}\n", f"{report.PUBLISHED.begin}\n{END}\n" * 2]
)
def test_a_document_without_the_two_lines_is_left_alone(document):
    with pytest.raises(ValueError, match="needs the lines"):
        report.PUBLISHED.spliced(document, "a run")


def test_every_case_has_a_name_of_its_own_and_the_goals_are_cases(tmp_path):
    named = cases(tmp_path, 1.0)
    names = [case.name for case in named]
    assert len(names) == len(set(names))
    assert {*goals.BEST_PEER, *goals.COPY, goals.THOUSAND, goals.MEMORY} <= set(names)
    assert goals.BEST_PEER.keys() - {goals.SHUFFLED} == {case.name for case in named if case.on_xfs}
    assert all(case.why for case in named if set(case.names) != set(race.CONTENDERS))


def test_xfs_is_left_out_in_one_sentence(monkeypatch):
    monkeypatch.setattr(filesystems.os, "geteuid", lambda: 1000)
    assert "only root" in filesystems.missing_for_xfs()
    monkeypatch.setattr(filesystems.os, "geteuid", lambda: 0)
    monkeypatch.setattr(filesystems.shutil, "which", lambda name: None if name == "mkfs.xfs" else name)
    assert (
        filesystems.missing_for_xfs()
        == "XFS is left out: mkfs.xfs is missing; sudo apt install xfsprogs mount"
    )
