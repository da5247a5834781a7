"""A pseudonym key that is lost or swapped is told, never made anew in silence."""

import pytest

from rtbf_ledger.errors import KeyFolderError
from rtbf_ledger.pseudonym_keys import pseudonym_key


def test_the_same_key_every_time(ledger):
    """It is made on first use, and stays."""
    assert pseudonym_key(ledger, "training") == pseudonym_key(ledger, "training")


def test_a_lost_key_is_not_made_anew(ledger):
    """Made anew it would match nothing, and a pseudonymised column would look clean."""
    pseudonym_key(ledger, "training")
    (ledger.keys.path / "pseudonym/training.key").unlink()
    with pytest.raises(KeyFolderError, match="pseudonym key training: it was used before and is gone"):
        pseudonym_key(ledger, "training")
    assert not (ledger.keys.path / "pseudonym/training.key").exists()


def test_another_key_in_its_place_is_refused(ledger):
    """A restored folder with another key of the same name would match nothing either."""
    pseudonym_key(ledger, "training")
    (ledger.keys.path / "pseudonym/training.key").write_bytes(b"x" * 32)
    with pytest.raises(KeyFolderError, match="pseudonym key training: another one was used before"):
        pseudonym_key(ledger, "training")
