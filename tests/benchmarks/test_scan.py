"""Looking for people in small, with real contenders on real files, and what becomes of wrong answers."""

import json
import subprocess
from dataclasses import replace

import duckdb
import pytest

from benchmarks.oracle import WrongResult
from benchmarks.published import END
from benchmarks.scan import goals, memory, race, report
from benchmarks.scan.cases import Case, cases
from benchmarks.scan.contenders import CONTENDERS, PEERS
from benchmarks.scan.data import NOTE, TEXTS, People, address
from benchmarks.scan.job import Job, Look, whom
from benchmarks.scan.oracle import expected
from benchmarks.scan.race import Raced
from benchmarks.turns import Rules

ALL = (*TEXTS, NOTE)


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """4,000 rows of 400 people in two files, with all columns."""
    return People(tmp_path_factory.mktemp("scan") / "people", 4_000, files=2, columns=ALL).made()


@pytest.mark.parametrize("count", [1, 60])
def test_what_is_planted_is_counted_by_another_way(people, count):
    """By looking into the files with text functions; the oracle reads none."""
    sought = people.sought(count)
    with duckdb.connect() as connection:
        connection.execute("create table given as select unnest($1) as number", [sought])
        connection.execute("alter table given add column mail varchar")
        connection.execute("update given set mail = 'user' || number || '@clicks.example'")
        told = connection.execute(
            "select count(*) filter (id in (select number from given)),"
            " count(*) filter (email in (select mail from given)),"
            " count(*) filter (session in (select mail from given)),"
            " count(*) filter (city in (select number::varchar from given)),"
            " count(*) filter (exists (from given where note like '% ' || mail || ' %'))"
            " from read_parquet($1)",
            [[str(path) for path in people.paths]],
        ).fetchone()
    found = expected(people, Look.ALL, count)
    assert told == tuple(found.get(name, 0) for name in ("id", "email", "session", "city", "note"))
    assert found.keys() <= {"id", "email", "session", "city", "note"}


def test_of_a_list_only_some_came_back(people):
    """And of a million people a tenth of those there are are looked for."""
    everybody = set(people.owners.tolist())
    assert len(set(whom(people, Look.SWEEP, 100_000))) == 100_000
    asked = [people.sought(100_000, 30), people.sought(1_000_000), people.sought(5)]
    assert [30, 40, 5] == [len(everybody & set(each)) for each in asked]


def test_the_same_numbers_give_the_same_bytes(people, tmp_path):
    again = replace(people, folder=tmp_path / "again").made()
    assert [one.read_bytes() for one in people.paths] == [one.read_bytes() for one in again.paths]


@pytest.mark.parametrize(
    ("look", "name"),
    [
        *((look, name) for look in (Look.KEY, Look.TEXTS, Look.NOTE, Look.SWEEP) for name in PEERS),
        (Look.KEY, "ours, key part"),
        *((look, "ours") for look in (Look.ALL, Look.SWEEP)),
    ],
)
def test_every_contender_finds_what_is_there(people, tmp_path, look, name):
    job = Job(name, look, people, people.folder, 300, tmp_path / "temp")
    run = CONTENDERS[name](Job.read(job.write()))
    assert expected(people, look, 300) == run() == run()


def test_links_are_scanned_as_files(people, tmp_path):
    """Three folders of hard links hold everything three times, and take no room."""
    large = memory.large(tmp_path, 3, scale=0.0)
    assert 1 == large.copies
    assert large.raw == sum(large.people.raw.values())
    assert large.people.bytes == sum(path.stat().st_size for path in large.folder.rglob("*.parquet"))
    assert {2} == {path.stat().st_nlink for path in large.people.paths}
    tripled = expected(large.people, Look.ALL, 50, copies=3)
    assert tripled == {name: 3 * rows for name, rows in expected(large.people, Look.ALL, 50).items()}


def test_contenders_take_turns_in_processes_of_their_own(people):
    """Ours and one peer: seconds, CPU seconds and memory of each round."""
    said = []
    case = Case("a sweep", lambda: people, Look.SWEEP, 50)
    raced = race.race(case, ["ours", "decode", "pyarrow"], Rules(2, 60.0, said.append))
    assert {"ours": 2, "decode": 2, "pyarrow": 2} == {name: len(runs) for name, runs in raced.runs.items()}
    order = [line.removeprefix("a sweep: ").split()[0] for line in said]
    assert ["ours", "decode", "pyarrow", "decode", "pyarrow", "ours"] == order
    assert all(run["peak_bytes"] > 1 << 20 and run["seconds"] > 0 for run in raced.runs["ours"])
    assert {} == raced.failed
    assert [people.folder, people.folder.with_suffix(".json")] == sorted(people.folder.parent.iterdir())


class Answers:
    """A process that answers with so many rows."""

    def __init__(self, rows):
        self.rows = rows

    def answer(self, *, ask):
        assert ask
        return {"seconds": 1.0, "cpu_seconds": 1.0, "peak_bytes": 1, "found": {"id": self.rows}}


def raced_of(case="a case", failed=(), **seconds):
    """Return a case as if it had been run."""
    made = {
        name: [{"seconds": each, "cpu_seconds": each, "peak_bytes": 5_000_000} for each in told]
        for name, told in seconds.items()
    }
    return Raced(case, "texts", 1_000, 4_000_000, 9_000_000, {"id": 3}, made, dict(failed))


def test_a_wrong_answer_of_a_peer_is_out_and_one_of_ours_stops_the_benchmark():
    raced = raced_of(polars=[1.0])
    with race._noted(raced, "polars"):
        race._take(raced, "polars", Answers(4))
    assert [{}, ["polars"]] == [raced.runs, list(raced.failed)]
    assert not race._runs_again(raced, "polars", 60.0)
    with pytest.raises(WrongResult), race._noted(raced, "ours"):
        race._take(raced, "ours", Answers(2))
    race._take(raced, "decode", Answers(0))
    race._take(raced, "ours", Answers(3))
    assert {"decode", "ours"} == raced.runs.keys()


def test_a_process_that_ends_is_told_without_what_it_printed(people, monkeypatch):
    case = Case("a case", lambda: people, Look.KEY, 1)
    wrong = Job("nobody", Look.KEY, people, people.folder, 1, people.folder)
    monkeypatch.setattr(race, "Job", lambda *_: wrong)
    ended = pytest.raises(race.ContenderEnded, match=r"^failed with KeyError$")
    with ended, race.process("polars", case, people.folder):
        pass


def test_goals_are_shares_of_plain_decode_and_memory():
    fast = raced_of(goals.named(goals.STRINGS, 1_000), ours=[2.0, 2.0], decode=[1.0], polars=[9.0])
    key = raced_of(goals.named(goals.KEY, 1_000), decode=[1.0])
    key.runs["ours, key part"] = [{"seconds": 2.0, "cpu_seconds": 1.0, "peak_bytes": 1}]
    large = raced_of(goals.MEMORY, ours=[100.0])
    judged = goals.verdicts([fast, key, large, raced_of("no goal", ours=[1.0], decode=[1.0])])
    assert [(0.5, 0.5, True), (0.9, 0.5, False), (2000, 5, True)] == [
        (one.bound, one.figure, one.reached) for one in judged
    ]


def test_every_case_has_a_name_of_its_own_and_the_goals_are_cases(tmp_path):
    named = cases(tmp_path, 1.0)
    names = [case.name for case in named]
    assert len(names) == len(set(names))
    assert goals.SHARES.keys() <= set(names)
    assert all("decode" in case.names and case.names[0].startswith("ours") for case in named)


def report_of(*raced):
    machine = {"processor": "none", "cores": 2, "memory_bytes": 1 << 30, "kernel": "Linux", "python": "3.11"}
    machine |= {"versions": {"duckdb": "2.0"}, "load_before": [0.1, 0, 0], "load_after": [0.2, 0, 0]}
    links = "8 hard links to each of 64 files"
    judged = goals.verdicts(raced)
    return report.Report("2026-11-22", machine, "abc", 1.0, 2, 5.0, 1.0, links, [*raced], judged)


def test_what_is_written_holds_every_round_and_says_who_failed(tmp_path):
    lost = raced_of("lost", [("pyarrow", "failed with OSError")], ours=[4.0, 4.0], decode=[1.0], duckdb=[2.0])
    large = raced_of(goals.MEMORY, ours=[100.0])
    result, document, picture = report.write(report_of(lost, large), tmp_path)
    told = json.loads(result.read_text())
    assert lost.runs["ours"] == told["cases"][0]["contenders"]["ours"]["runs"]
    assert [0.25, False] == [
        told["cases"][0]["contenders"]["ours"]["share_of_decode"],
        "runs" in told["cases"][0],
    ]
    text = document.read_text()
    assert "| lost | 9 | 4 | 3 | 1.000 (1) | 4.000 | 2.000 (1) | - | failed | 2 |" in text
    assert "| lost | 0.25 | 0.50 | - | - | 0.25 |" in text
    assert "- lost: pyarrow failed with OSError" in text
    assert "8 hard links to each of 64 files), 1,000 people looked for: 100 s" in text
    assert "lost" in picture.read_text()


def test_the_hand_written_part_of_the_document_stays():
    """And the document in the tree has the two lines between which the rest is written."""
    old = (race.ROOT / report.PUBLISHED.document).read_text(encoding="utf-8")
    new = report.PUBLISHED.spliced(report.PUBLISHED.spliced(old, "first run"), "second run")
    before, after = old.split(report.PUBLISHED.begin)[0], old.split(END)[1]
    assert new == f"{before}{report.PUBLISHED.begin}\n\nsecond run\n\n{END}{after}"


def test_make_knows_the_benchmark():
    done = subprocess.run(["make", "help"], cwd=race.ROOT, check=True, capture_output=True, text=True)
    assert "make bench-scan " in done.stdout
    assert "@clicks.example" in address([1]).to_pylist()[0]
