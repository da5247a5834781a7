"""Certificates in the ledger: issued once a batch, logged with their entry, believed by an outsider."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rtbf_ledger import batches, certificates, log, merkle
from rtbf_ledger.batches import BatchState, Purpose
from rtbf_ledger.certificate import verify
from rtbf_ledger.checkpoint import Checkpoint
from rtbf_ledger.errors import UnknownRequestError
from rtbf_ledger.signing_keys import load_verifier_key
from rtbf_ledger.states import State
from rtbf_ledger.store import origin
from tests.rtbf_ledger.certificate_example import BODY


@pytest.fixture
def body(ledger, in_state, clock):
    """A request whose certificate is due, as (the ids of two batches of it, the body)."""
    request_id = in_state(State.PLANNED, State.APPROVED)
    ids = []
    for _ in range(2):
        clock.forward(days=200)
        batch = batches.claim(ledger, Purpose.ERASE, lease=timedelta(minutes=15))
        with ledger.write() as tx:
            batches.set_state(tx, batch, BatchState.DONE)
        ids.append(batch.id)
    with ledger.read() as tx:
        return ids, replace(BODY, request_id=request_id, log_origin=origin(tx))


def newest(ledger, request_id):
    """Return a request's newest certificate."""
    with ledger.read() as tx:
        return certificates.newest(tx, request_id)


def test_a_certificate_is_believed_with_the_public_key_file_alone(ledger, body):
    """Its checkpoint is the log's, its entry the last one, its proof leads there."""
    (batch_id, _), made = body
    certificates.issue_once(ledger, batch_id, made)
    key = load_verifier_key(certificates.verifier_key_file(ledger))
    found = verify(newest(ledger, made.request_id), key.to_vkey())
    assert made == found.body
    with ledger.read() as tx:
        last = log.entries(tx)[-1]
        expected = Checkpoint(
            origin=key.name, size=log.size(tx), root=merkle.root(log.size(tx), log.reader(tx))
        )
        assert expected == log.checkpoint(tx)
        assert [last] == [text for text in log.entries_of(tx, made.request_id) if '"Certified"' in text]


def test_a_batch_issues_once(ledger, body):
    """A run that is resumed after the certificate writes nothing more: same file, same log."""
    (batch_id, _), made = body
    certificates.issue_once(ledger, batch_id, made)
    before = newest(ledger, made.request_id)
    with ledger.read() as tx:
        size = log.size(tx)
    certificates.issue_once(ledger, batch_id, made)
    assert before == newest(ledger, made.request_id)
    with ledger.read() as tx:
        assert size == log.size(tx)


def test_a_later_batch_issues_a_newer_one(ledger, body):
    """After a hold: the first certificate stays, the newest is asked for."""
    (first, second), made = body
    certificates.issue_once(ledger, first, made)
    before = newest(ledger, made.request_id)
    certificates.issue_once(ledger, second, made)
    assert before != newest(ledger, made.request_id)
    key = load_verifier_key(certificates.verifier_key_file(ledger))
    assert made == verify(newest(ledger, made.request_id), key.to_vkey()).body


def test_a_certificate_that_cannot_be_issued_leaves_no_entry(ledger, body):
    """The log never says Certified about a file that is not there."""
    (batch_id, _), made = body
    with pytest.raises(ValueError, match=r"origin|name"):
        certificates.issue_once(ledger, batch_id, replace(made, log_origin="somebody.else/log"))
    with ledger.read() as tx:
        assert [] == [text for text in log.entries(tx) if '"Certified"' in text]
    with pytest.raises(UnknownRequestError, match="has none yet"):
        newest(ledger, made.request_id)


def test_a_request_without_a_certificate_says_so(ledger):
    """By its id, which is opaque."""
    with pytest.raises(UnknownRequestError, match="certificate: this request has none yet"):
        newest(ledger, "rq-none")


def test_the_signing_key_is_made_once_and_named_as_the_log(ledger):
    """The public key file is its other half, and is not written again."""
    with ledger.read() as tx:
        name = origin(tx)
    first, again = (certificates.signing_key(ledger, name) for _ in range(2))
    assert first == again
    files = [certificates.verifier_key_file(ledger) for _ in range(2)]
    assert first.verifier == load_verifier_key(files[0])
    assert files[0] == files[1]
    assert 0o600 == (ledger.keys.path / "signing.pem").stat().st_mode & 0o777
