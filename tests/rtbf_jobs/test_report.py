"""Numbers that go to Dagster: of fewer than five people, none that counts rows."""

import pytest

from rtbf_jobs.report import shown


@pytest.mark.parametrize(
    ("people", "expected"), [(0, {"files": 3}), (4, {"files": 3}), (5, {"files": 3, "rows": 9})]
)
def test_rows_are_shown_from_five_people_on(people: int, expected: dict[str, int]) -> None:
    assert expected == shown({"files": 3}, {"rows": 9}, people=people)
