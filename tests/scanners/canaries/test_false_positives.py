"""Ten million values of other people, near to a thousand who are sought: not one is a hit."""

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lineage_assets.declarations import Declaration
from lineage_assets.identifiers import Sought
from scanners.residual import ScanOrder, scan
from tests.scanners.canaries.people import KEY, NAMESPACES

PEOPLE, ROWS, COLUMNS = 1000, 1_000_000, 10
EACH = PEOPLE // 4
SOUGHT = (
    *(("email", f"jo.{i:04}q@mail-{i % 7}.example") for i in range(EACH)),
    *(("phone", f"+4930{7_000_137 + i * 1000}") for i in range(EACH)),
    *(("device", f"6f9619ff-8b86-d011-b42d-00cf4fc9{i:04x}") for i in range(EACH)),
    *(("member", f"M-{2_000_037 + i * 100}") for i in range(EACH)),
)
# One digit more or less, another domain, another last digit: n is the row, n % 250 somebody who is sought.
OTHERS = """
SELECT
  CASE n % 4
    WHEN 0 THEN format('jo.{:04}q{}@mail-{}.example', n % 250, n, n % 7)
    WHEN 1 THEN format('x{}jo.{:04}q@mail-{}.example', n, n % 250, n % 250 % 7)
    WHEN 2 THEN format('jo.{:04}q@mail-{}.example.{}x', n % 250, n % 250 % 7, n)
    ELSE format('jo.{:04}q@mail-{}.exampl', n % 250, n % 250 % 7) END AS mail,
  CASE n % 2 WHEN 0 THEN format('+4930{}{}', 7000137 + n % 250 * 1000, n % 9 + 1)
    ELSE format('+4931{}', 7000137 + n) END AS phone,
  substr(md5(n::VARCHAR), 1, 8) || '-8b86-d011-b42d-00cf4fc9' || lpad(to_hex(n % 250), 4, '0') AS device,
  format('M-{}{}', 2000037 + n % 250 * 100, n) AS member,
  (20000370 + n)::VARCHAR AS digits,
  sha256(n::VARCHAR) AS hashed,
  to_base64(encode(format('x{}jo.{:04}q@mail-{}.example', n, n % 250, n % 250 % 7))) AS packed,
  format('{{"who": {{"mail": "x{}jo.{:04}q@mail-{}.example", "n": {}}}}}', n, n % 250, n % 250 % 7, n) AS doc,
  format('https://x.example/a?who=x{}jo.{:04}q%40mail-{}.example', n, n % 250, n % 250 % 7) AS url,
  format('call 0049 31 {} or write to x{}@mail.example, no. {}.', 7000137 + n, n, md5(n::VARCHAR)) AS note
FROM range($rows) s(n)
"""


@pytest.mark.slow
def test_ten_million_values_of_others_are_nothing(tmp_path, connection) -> None:
    """One value that is sought, planted among them, is the only hit."""
    query = OTHERS.replace("$rows", str(ROWS))
    kind, value = SOUGHT[PEOPLE // 3]
    planted = f"SELECT *, '{value}' AS {kind}_too FROM ({query}) LIMIT 1"
    with duckdb.connect() as base:
        base.execute(f"COPY ({query}) TO '{tmp_path / 'a.parquet'}' (ROW_GROUP_SIZE 100000)")
        base.execute(f"COPY ({planted}) TO '{tmp_path / 'b.parquet'}'")
        assert COLUMNS == len(base.execute(f"DESCRIBE {query}").fetchall())

    seen = scan(_order(tmp_path), connection=connection, progress=lambda _done, _of: None)

    assert (ROWS + 1, {}, {}) == (seen.rows, seen.owners, seen.mentions)
    assert [(f"{kind}_too", PEOPLE // 3, 1)] == [(h.column, h.request, h.count) for h in seen.residual]


def test_a_longer_number_in_utf_16_is_a_false_alarm(tmp_path, connection) -> None:
    """The one that is known: NULs are read as blanks, and a phone number is cut at any blank."""
    value = f"{SOUGHT[EACH][1]}1".encode("utf-16-le")
    pq.write_table(pa.table({"raw": [value, value.decode("utf-16-le").encode()]}), tmp_path / "a.parquet")
    seen = scan(_order(tmp_path), connection=connection, progress=lambda _done, _of: None)
    assert [("raw", EACH, 1)] == [(hit.column, hit.request, hit.count) for hit in seen.residual]


def _order(root) -> ScanOrder:
    return ScanOrder(
        asset="watched",
        root=root,
        declaration=Declaration(subject=False, because="a test"),
        namespaces=NAMESPACES,
        hmac_keys={"training": KEY},
        subjects=tuple(
            Sought(namespace=kind, value=value, request=i) for i, (kind, value) in enumerate(SOUGHT)
        ),
    )
