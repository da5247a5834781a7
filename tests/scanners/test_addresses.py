"""What stands right behind an address and is no part of it: scans of rows, of bytes, and erasers agree."""

import duckdb
import pytest

from lineage_assets.identifiers import Kind, Namespace, Sought
from rtbf_jobs.erasers.tokens import tokens
from scanners.residual.needles import PLAIN, Needle
from scanners.residual.raw import patterns_of, seen_in
from scanners.residual.tokens import email_tokens

EMAIL = Namespace(name="email", kind=Kind.EMAIL)
SOUGHT = "jo_q@x.org"
HELD = [
    "jo_q@x.org.csv",
    "Jo_Q@X.org.CSV",
    "saved as jo_q@x.org.tar.gz, twice",
    "/a/jo_q@x.org.2024.parquet.bak",
    "jo_q@x.org_2024",
    "jo_q@x.org_old.csv",
    "<jo_q@x.org.json>",
    "jo_q@x.org.csv.",
]
ANOTHER = [
    "jo_q@x.org.uk",
    "jo_q@x.org.uk.csv",
    "jo_q@x.org.zip",
    "jo_q@x.org.csv.example",
    "jo_q@x.org.csvx",
    "jo_q@x.org-csv",
    "export-jo_q@x.org.csv",
    "jo_q@x.orgs.csv",
]


def by_rows(text):
    """Whether the engine's candidates hold it."""
    query = f"SELECT {email_tokens('t')} FROM (SELECT $text AS t)"
    return SOUGHT in duckdb.execute(query, {"text": text}).fetchall()[0][0]


def by_bytes(text):
    """Whether it is found in bytes."""
    sought = Sought(namespace="email", value=SOUGHT, request=0)
    needle = Needle(ident=0, sought=sought, form=PLAIN, value=SOUGHT)
    return bool(seen_in(patterns_of([needle], {"email": EMAIL}), text.encode()))


def by_eraser(text):
    """Whether the eraser's tokens hold it."""
    return SOUGHT in set(tokens(EMAIL, text))


@pytest.mark.parametrize("found", [by_rows, by_bytes, by_eraser])
@pytest.mark.parametrize(("text", "held"), [(one, True) for one in HELD] + [(one, False) for one in ANOTHER])
def test_the_ending_of_a_file_is_no_part_of_an_address(found, text, held):
    """Any number of endings, in any case; behind a top-level domain or one more label: somebody else."""
    assert held is found(text)
