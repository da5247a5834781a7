"""`make demo` in a copy of the repository: what it prints, what it leaves, and that account 42 is gone.

The search below knows the person from the demo's generator alone; it reads with polars and the `csv` module.
"""

import csv
import hashlib
import hmac
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lineage_assets.inventory.devices import _devices_of
from lineage_assets.inventory.movielens import accounts_of_source, ratings_of_source
from lineage_assets.inventory.people import display_name, email, phone
from rtbf_ledger.keys import KeyFolder
from rtbf_ledger.verdicts import WORDS, Verdict

ROOT = Path(__file__).resolve().parent.parent
SUBJECT = 42
FILED_BY_NUMBER = {42, 7, 50, 99, 230}
ROSA = "rosa.bergmann@example.com"
ACCOUNT_COLUMNS = {"account_id", "account", "co_viewers"}


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A demo that has run: the copy it ran in, and what it printed."""

    root: Path
    lines: list[str]

    @property
    def lake(self) -> Path:
        """The demo's lake."""
        return self.root / ".rtbf" / "lake"

    @property
    def body(self) -> dict[str, Any]:
        """The certificate that is the last line but one."""
        found: dict[str, Any] = json.loads((self.root / self.lines[-2]).read_text())["body"]
        return found


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Copy what is in git or about to be, and run the demo there with this interpreter."""
    root = tmp_path_factory.mktemp("demo") / "clone"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
    own = ("RTBF_", "DAGSTER_", "COV_", "PYTEST")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    done = subprocess.run(
        [sys.executable, "demo.py"],
        cwd=root,
        env=kept | {"PYTHONPATH": str(root), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    log = root / ".rtbf" / "daemon.log"
    assert done.returncode == 0, done.stdout + done.stderr + (log.read_text()[-2000:] if log.exists() else "")
    return Ran(root=root, lines=done.stdout.splitlines())


def cells(value: Any) -> Iterator[str]:
    """Yield every text and number inside a cell, as text."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from cells(one)
    elif value is not None:
        yield str(value)


def frame_of(file: Path) -> pl.DataFrame:
    """Return the rows of a Parquet or CSV file."""
    if file.suffix == ".parquet":
        return pl.read_parquet(file)
    text = file.read_bytes().decode()
    delimiter = ";" if ";" in text.splitlines()[0] else ","
    header, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return pl.DataFrame(rows, schema=dict.fromkeys(header, pl.String), orient="row")


def signs(demo: Ran, account: int) -> list[str]:
    """Return how an account can be told in any text: e-mail, name, phone digits, own devices, pseudonym."""
    keys = KeyFolder.open(demo.root / ".rtbf" / "keys", os.urandom)
    key = keys.named("pseudonym/training")
    hashed = hmac.new(key, str(account).encode(), hashlib.sha256).hexdigest()
    devices = [str(row["device_id"]) for row in _devices_of(account)]
    digits = bare(phone(account))
    return [email(account), display_name(account).lower(), digits, *devices, hashed]


def bare(text: str) -> str:
    """Return a text in lower case; what separates the digits of a phone number is dropped."""
    plain = re.sub(r"[\s()./-]", "", text.lower().replace("(0)", ""))
    return re.sub(r"^(?:\+|00)", "", plain) if re.fullmatch(r"\+?\d+", plain) else text.lower()


def told(texts: set[str], sought: list[str]) -> bool:
    """Whether a sign stands in one of some texts and is not a part of another word."""
    return any(
        sign in text and re.search(rf"(?<![\w.]){re.escape(sign)}(?!\w|\.\w)", text)
        for text in map(bare, texts)
        for sign in sought
    )


def where_is(demo: Ran, account: int, *, but: set[str]) -> list[str]:
    """Search every file of the lake; returns the files that hold an account."""
    sought, found = signs(demo, account), []
    for file in sorted(demo.lake.rglob("*")):
        asset = file.relative_to(demo.lake).parts[0]
        if not file.is_file() or asset in but:
            continue
        if file.suffix not in {".parquet", ".csv"}:
            raw = file.read_bytes().decode("latin-1").lower()
            found += [str(file)] if any(sign in raw for sign in sought) else []
            continue
        frame = frame_of(file)
        unique = {text for name in frame.columns for text in cells(frame[name].unique().to_list())}
        numbers = {
            text for name in ACCOUNT_COLUMNS & set(frame.columns) for text in cells(frame[name].to_list())
        }
        payloads = frame["payload"].drop_nulls().to_list() if "payload" in frame else []
        numbers |= {str(json.loads(text)["requester"].get("account")) for text in payloads}
        if str(account) in numbers or told(unique, sought):
            found.append(str(file.relative_to(demo.lake)))
    return found


@pytest.mark.slow
def test_the_last_two_lines_are_the_record_and_the_key(demo: Ran) -> None:
    """Both are paths, inside the clone, of files that are there."""
    record, key = demo.lines[-2:]
    assert (demo.root / record).is_file()
    assert (demo.root / key).is_file()
    assert record.endswith(".json")


@pytest.mark.slow
def test_the_verdict_table_has_one_row_for_each_asset(demo: Ran) -> None:
    """Every asset of the inventory is printed once with the verdict that its record has."""
    source = (ROOT / "lineage_assets" / "inventory").glob("*.py")
    declared = {name for file in source for name in re.findall(r"\{lake\}/(\w+)/", file.read_text())}
    records = {item["asset"]: item for item in demo.body["assets"]}
    assert declared == set(records)
    for asset, item in records.items():
        words = WORDS[Verdict(item["verdict"])]
        row = re.compile(rf"^\W*{asset}\W+(?:{item['verdict']}|{words})\b")
        assert 1 == sum(1 for line in demo.lines if row.match(line)), asset


@pytest.mark.slow
def test_rtbf_verify_accepts_the_record_and_no_other_key(demo: Ran, tmp_path: Path) -> None:
    """Offline, with the public key beside it; a record with one digit changed is not accepted."""
    record, key = (demo.root / line for line in demo.lines[-2:])
    command = [sys.executable, "-m", "rtbf_desk.cli", "verify"]
    assert (
        0 == subprocess.run([*command, str(record), "--key", str(key)], check=False, cwd=tmp_path).returncode
    )
    changed = tmp_path / "changed.json"
    data = bytearray(record.read_bytes())
    place = data.index(b'"found_before":') + len(b'"found_before":')
    data[place] = ord("9") if data[place] != ord("9") else ord("8")
    changed.write_bytes(data)
    assert (
        1 == subprocess.run([*command, str(changed), "--key", str(key)], check=False, cwd=tmp_path).returncode
    )


@pytest.mark.slow
def test_account_42_is_gone_from_everything_that_is_not_kept(demo: Ran) -> None:
    """E-mail, name, phone, devices, pseudonym and number are in no file of an asset that is not exempt."""
    kept = {item["asset"] for item in demo.body["assets"] if item["verdict"] == "exempt"}
    assert {"billing"} == kept
    assert [] == where_is(demo, SUBJECT, but=kept)
    assert [] != where_is(demo, SUBJECT + 2, but=kept)


@pytest.mark.slow
def test_films_named_by_bare_numbers_and_everybody_else_stay(demo: Ran) -> None:
    """The ratings are the source's, in order, without the rows of the six people; "42" is still a film."""
    rosa = {account for account in accounts_of_source() if email(account) == ROSA}
    source = pl.from_arrow(ratings_of_source())
    assert isinstance(source, pl.DataFrame)
    expected = source.filter(~pl.col("account_id").is_in(FILED_BY_NUMBER | rosa))
    left = pl.concat(pl.read_parquet(file) for file in sorted((demo.lake / "ratings").rglob("*.parquet")))
    order = ["rated_at", "account_id", "film_id"]
    columns = ["account_id", "film_id", "title", "rating", "rated_at"]
    assert expected.sort(order).select(columns).rows() == left.sort(order).select(columns).rows()
    numbers = {title for title in left["title"].drop_nulls().unique() if title.isdigit()}
    assert {"9", "10", "21", "42", "54", "300"} <= numbers
