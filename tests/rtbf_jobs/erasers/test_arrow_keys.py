"""What a batch holds, counted column by column, against the same counted cell by cell."""

from collections import Counter

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage_assets.declaring import mention
from rtbf_jobs.erasers.arrow_keys import look
from rtbf_jobs.erasers.matching import wanted
from tests.rtbf_jobs.erasers.lake import order_for, sought

KEYS = {
    "user_id": "account",
    "mail": "email",
    "by": mention("account"),
    "to[]": mention("account"),
}
SUBJECTS = [sought("account", str(n), n % 3) for n in range(4)] + [
    sought("email", f"p{n}@x.com", n) for n in range(3)
]
NUMBER = st.none() | st.integers(-1, 6)
ROW = st.tuples(
    NUMBER,
    st.none() | st.integers(0, 5).map(lambda n: f" P{n}@X.com"),
    NUMBER,
    st.none() | st.lists(NUMBER, max_size=3),
)
SCHEMA = pa.schema(
    [("user_id", pa.int64()), ("mail", pa.string()), ("by", pa.int32()), ("to", pa.list_(pa.int16()))]
)


def one_by_one(rows):
    """Return the same counts, from Python's own walk over the rows."""
    owned, owners, mentions, cells = [], Counter(), Counter(), 0
    matched = 0

    def of(number):
        return {number % 3} if number in range(4) else set()

    for user, mail, by, to in rows:
        named = int(mail[2]) if mail is not None else 9
        own = of(user) | ({named} if named < 3 else set())
        owned.append(bool(own))
        owners.update(own)
        for column in ([by], to or []):
            found = [of(number) for number in column if of(number)]
            cells += bool(found) and not own
            for requests in found:
                matched += bool(requests - own)
                mentions.update(requests - own)
    return owned, owners, mentions, matched, cells


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(ROW, min_size=1, max_size=12))
def test_columns_at_once_count_as_cells_one_by_one(rows):
    """Rows that two owner keys match, mentions inside owned rows, several in a cell, requests that share."""
    wants = wanted(order_for("/x", KEYS, subjects=SUBJECTS))
    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    seen = look(pa.record_batch(arrays, schema=SCHEMA), wants)
    tally = seen.tally
    told = (seen.owned.to_pylist(), tally.owners, tally.mentions, tally.mentions_matched)
    assert one_by_one(rows) == (*told, tally.cells_changed)
    assert tally.rows_matched == sum(told[0])
