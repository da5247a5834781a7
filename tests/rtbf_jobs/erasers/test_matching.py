"""What is looked for under a key."""

import pytest

from lineage_assets.declaring import in_text, mention, pseudonym
from lineage_assets.identifiers import pseudonym_of
from rtbf_jobs.erasers import EraseRefused, Reason
from rtbf_jobs.erasers.matching import wanted
from tests.rtbf_jobs.erasers.lake import HMAC_KEYS, order_for, sought


def only(tmp_path, keys, *subjects):
    """Return what is looked for under the last key."""
    return wanted(order_for(tmp_path, {"user_id": "account"} | keys, *subjects))[0]


def test_email_case_and_blanks(tmp_path):
    """`Bob@X.com ` and `bob@x.com` are one subject; `bob@x.co` is another."""
    want = only(tmp_path, {"a": "email"}, sought("email", "bob@x.com", 3))
    assert [{3}, {3}, set()] == [set(want.requests_in(t)) for t in (" Bob@X.com\t", "bob@x.com", "bob@x.co")]


def test_requests_that_seek_the_same_value_share_it(tmp_path):
    """Both requests are told."""
    want = only(tmp_path, {"a": "email"}, sought("email", "b@x.y", 1), sought("email", "b@x.y", 2))
    assert {1, 2} == want.requests_in("b@x.y")


def test_shared_identifiers_are_never_sought(tmp_path):
    """A shared device is other people's too."""
    want = only(tmp_path, {"a": "email"}, sought("email", "b@x.y", shared=True))
    assert {} == want.values


def test_pseudonym_in_any_case(tmp_path):
    """Hex digits compare without case; the plain value is not the pseudonym."""
    want = only(tmp_path, {"a": pseudonym("account", hmac_key="training")}, sought("account", "42"))
    made = pseudonym_of("42", HMAC_KEYS["training"])
    assert [{0}, {0}, set()] == [set(want.requests_in(t)) for t in (made, made.upper(), "42")]


def test_json_field_and_neighbours(tmp_path):
    """Only the declared field counts."""
    want = only(tmp_path, {"a::who.id": mention("account")}, sought("account", "42"))
    assert {0} == want.requests_in('{"who": {"id": "0042"}}')
    assert set() == want.requests_in('{"who": {"id": 421, "x": 42}, "id": 42}')
    assert '{"who": {}}' == want.without('{"who": {"id": 42}}')


def test_broken_json_without_the_value_is_nobodys(tmp_path):
    """A line that is no JSON does not stop an erasure that it has nothing to do with."""
    want = only(tmp_path, {"a::id": mention("account")}, sought("account", "42"))
    assert set() == want.requests_in('{"id": 41')


@pytest.mark.parametrize(
    ("keys", "subject", "reason"),
    [
        ({"a": in_text("account")}, sought("account", "42"), Reason.NOT_SEARCHABLE),
        ({"a": pseudonym("account", hmac_key="lost")}, sought("account", "42"), Reason.MISSING_HMAC_KEY),
    ],
)
def test_refusals(tmp_path, keys, subject, reason):
    """What cannot be looked for is said, not skipped."""
    with pytest.raises(EraseRefused) as told:
        only(tmp_path, keys, subject)
    assert reason is told.value.reason


def test_broken_json_with_the_value_is_refused_without_saying_it(tmp_path):
    """Nobody can say whose row it is; the message names asset and column only."""
    want = only(tmp_path, {"a::id": mention("email")}, sought("email", "bob@x.com"))
    with pytest.raises(EraseRefused) as told:
        want.requests_in('{"id": "bob@x.com"')
    assert Reason.BROKEN_JSON is told.value.reason
    assert "watch_events" in str(told.value)
    assert "bob" not in str(told.value)
