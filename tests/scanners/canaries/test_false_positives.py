"""Ten million values of other people, near to a thousand who are sought: not one is a hit."""

import duckdb
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
    """No hit; and one value more, planted among them, is the only one."""
    root = tmp_path / "lake"
    root.mkdir()
    base = duckdb.connect()
    query = OTHERS.replace("$rows", str(ROWS))
    base.execute(f"COPY ({query}) TO '{root / 'a.parquet'}' (ROW_GROUP_SIZE 100000)")
    order = _order(root)

    seen = scan(order, connection=connection, progress=lambda _done, _of: None)

    assert (ROWS, COLUMNS) == (seen.rows, len(base.execute(f"DESCRIBE {query}").fetchall()))
    assert ((), {}, {}) == (seen.residual, seen.owners, seen.mentions)
    kind, value = SOUGHT[PEOPLE // 3]
    planted = query.replace("FROM range", f", '{value}' AS {kind}_too FROM range").replace(str(ROWS), "1")
    base.execute(f"COPY ({planted}) TO '{root / 'b.parquet'}'")
    base.close()
    again = scan(order, connection=connection, progress=lambda _done, _of: None)
    assert [(f"{kind}_too", PEOPLE // 3, 1)] == [(h.column, h.request, h.count) for h in again.residual]


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
