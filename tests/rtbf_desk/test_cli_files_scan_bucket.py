"""`rtbf files scan` on a real S3 server: places, changes meanwhile, old versions, nothing left behind."""

import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from object_store import fresh_bucket

from rtbf_desk import cli_files_scan
from scanners.files import Looker

pytestmark = pytest.mark.slow
MAIL = "grace.hopper@example.com"
CHANGED = "it changed or vanished since the command began; run it again"


def parquet(*mails):
    """Return the bytes of a Parquet file with row groups of two rows."""
    made = io.BytesIO()
    pq.write_table(pa.table({"mail": mails}), made, row_group_size=2)
    return made.getvalue()


class Lake:
    """A bucket, and the command on it."""

    def __init__(self, bucket, folder, capsys):
        """Write the ids beside, and keep an own folder for temporary files."""
        self.bucket, self._capsys = bucket, capsys
        self.temporary, self._ids = folder / "temporary", folder / "ids.txt"
        self.temporary.mkdir()
        self._ids.write_text(f"{MAIL}\n")

    def put(self, key, data):
        """Write an object as somebody else."""
        self.bucket.client.put_object(Bucket=self.bucket.name, Key=key, Body=data)

    def scan(self, below, *words, expected):
        """Run the command; nothing may be left, and nothing that it says may hold the id."""
        given = [f"{self.bucket.url}{below}", "--ids", str(self._ids), "--json", *words]
        code = cli_files_scan.scan(given)
        said = self._capsys.readouterr()
        assert expected == code, said
        assert MAIL not in said.out + said.err
        assert not list(self.temporary.iterdir())
        return json.loads(said.out) if said.out else {"said": said.err}


@pytest.fixture(params=[False])
def lake(request, tmp_path, monkeypatch, capsys):
    """A fresh bucket, versioned where the test asks for it."""
    with fresh_bucket(versioned=request.param) as bucket:
        for name, value in bucket.environment.items():
            monkeypatch.setenv(name, value)
        made = Lake(bucket, tmp_path, capsys)
        monkeypatch.setattr("tempfile.tempdir", str(made.temporary))
        yield made


def unlooked(told):
    """Return {the last part of an object's key: why}."""
    return {Path(one["file"]).name: one["why"] for one in told["not_looked_at"]}


def test_objects_of_every_kind_are_searched(lake):
    lake.put("lake/a.parquet", parquet("x@example.com", "y@example.com", MAIL))
    lake.put("lake/deep/b.csv", f"n,mail\n1,z@example.com\n2,{MAIL}\n".encode())
    lake.put("lake/notes.txt", f"call <{MAIL}>".encode())
    lake.put("lake/model.gz", b"\x1f\x8b\x08 packed")
    lake.put(f"lake/{MAIL}/x.bin", b"nobody")
    told = lake.scan("/lake", expected=1)
    url = f"{lake.bucket.url}/lake"
    places = {
        (one["file"], one["row_group"], one["column"]): one["matches"][0]["row"] for one in told["places"]
    }
    assert {
        (f"{url}/a.parquet", 1, "mail"): 2,
        (f"{url}/deep/b.csv", None, "mail"): 1,
        (f"{url}/notes.txt", None, "(bytes)"): None,
        (f"{url}/***/x.bin", None, "(path)"): None,
    } == places
    assert ({"model.gz": "it is packed, a link, or no regular file"}, 4) == (unlooked(told), told["files"])
    assert 1 == lake.scan("/lake/a.parquet", expected=1)["files"]
    assert 1 == lake.scan("/lake/*.txt", expected=1)["files"]
    assert "nothing is there" in lake.scan("/nowhere", expected=2)["said"]


def test_an_object_that_changes_or_vanishes_meanwhile_is_named(lake, monkeypatch):
    """a.parquet holds the person and changes under our eyes; b.parquet is only listed when it vanishes."""
    for name in ("a", "b", "c"):
        lake.put(f"{name}.parquet", parquet(MAIL if name == "a" else "x@example.com"))
    real, done = Looker.look, []

    def look(self, files):
        seen = real(self, files)
        if not done:
            done.append(files)
            lake.put("a.parquet", parquet("y@example.com"))
            lake.bucket.client.delete_object(Bucket=lake.bucket.name, Key="b.parquet")
        return seen

    monkeypatch.setattr(Looker, "look", look)
    monkeypatch.setattr("rtbf_desk.files_scan.run.BATCH_FILES", 1)
    told = lake.scan("", expected=1)
    assert ({"a.parquet": CHANGED, "b.parquet": CHANGED}, 1) == (unlooked(told), told["files"])
    assert [f"{lake.bucket.url}/a.parquet"] == [one["file"] for one in told["places"]]


@pytest.mark.parametrize("lake", [True], indirect=True)
def test_an_old_version_is_named_or_looked_into(lake):
    lake.put("a.parquet", parquet(MAIL))
    lake.put("a.parquet", parquet("x@example.com"))
    told = lake.scan("", expected=2)
    assert ["1 old versions were not looked at; --old-versions looks into them"] == [
        one["why"] for one in told["not_looked_at"]
    ]
    (place,) = lake.scan("", "--old-versions", expected=1)["places"]
    assert f"{lake.bucket.url}/a.parquet (old version)" == place["file"]


def test_a_bucket_that_is_not_there_is_a_sentence(lake):
    code = cli_files_scan.scan(["s3://nobody-has-it", "--ids", str(lake._ids)])
    said = lake._capsys.readouterr()
    assert (2, "") == (code, said.out)
    assert "s3://nobody-has-it: there is no such bucket or object" in said.err
