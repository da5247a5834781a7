import json
import subprocess
import sys

import pytest

from scanners.errors import ScannerError
from scanners.undeclared.detectors.presidio import Presidio

CHILD = """
import json, random, socket, sys
from benchmarks.detectors import digits, values

def refused(*_):
    raise SystemExit("somebody went to the net")

socket.socket.connect = socket.getaddrinfo = refused
from scanners.residual.layout import Holds
from scanners.undeclared.detectors.presidio import Presidio
from scanners.undeclared.sample import ColumnSample

presidio = Presidio()

def judged(make):
    drawn = {make(random.Random(seed)) for seed in range(40)}
    found = presidio.judge(ColumnSample(
        asset="a", column="c", holds=Holds.TEXT, engine_type="varchar",
        values=tuple(sorted(drawn)), filled=40, distinct=len(drawn)))
    return found and [found.kind, found.confidence]

print(json.dumps({
    "nino": judged(digits.gb_nino), "kvnr": judged(digits.de_kvnr), "fin": judged(digits.sg_fin),
    "us_phone": judged(lambda r: f"{r.randrange(200, 999)}-555-{r.randrange(1000, 9999)}"),
    "order": judged(values.whole(10**9, 10**10)), "sku": judged(values.coded("??-####-?")),
    "email": judged(values.email), "text": judged(values.sentence)}))
"""


@pytest.mark.slow
def test_presidio_finds_what_the_core_does_not_know_and_asks_nobody():
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", CHILD], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == {
        "nino": ["national_id", 0.6],
        "kvnr": ["national_id", 0.6],
        "fin": ["national_id", 0.6],
        "us_phone": None,
        "order": None,
        "sku": None,
        "email": None,
        "text": None,
    }


def test_without_the_extra_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "presidio_analyzer", None)
    with pytest.raises(ScannerError, match=r"pip install 'dagster-rtbf\[presidio\]'"):
        Presidio()
