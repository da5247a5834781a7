"""Namespaces and identifiers as people type them; the golden table of forms is tested beside the scanner."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage_assets.errors import IdentifierError, NamespaceError
from lineage_assets.identifiers import Kind, Namespace, Sought, canonical, filed, namespace_of, pseudonym_of

ACCOUNT = Namespace(name="account", kind=Kind.INTEGER)
CARD = Namespace(name="card", kind=Kind.TEXT, distinctive="C[0-9]{8}")


@pytest.mark.parametrize("name", ["", "Account", "1st", "a-b", "a b", "é", "a" * 42, "account\n"])
def test_a_namespace_is_a_lower_case_word(name):
    """It stands in logs, columns and command lines."""
    with pytest.raises(NamespaceError, match="lower-case word of at most 41"):
        Namespace(name=name, kind=Kind.TEXT)


def test_a_pattern_that_does_not_compile_is_refused():
    """When it is declared, not in the middle of a scan."""
    with pytest.raises(NamespaceError, match="namespace card: the distinctive pattern does not compile"):
        Namespace(name="card", kind=Kind.TEXT, distinctive="C[0-9")


@pytest.mark.parametrize(
    ("kind", "pattern", "expected"),
    [
        (Kind.EMAIL, None, True),
        (Kind.PHONE, None, True),
        (Kind.UUID, None, True),
        (Kind.INTEGER, None, False),
        (Kind.TEXT, None, False),
        (Kind.TEXT, "C[0-9]{8}", True),
    ],
)
def test_a_strong_namespace_is_evidence_anywhere(kind, pattern, expected):
    """Short numbers and any text are not, unless the owner declares a shape that nothing else has."""
    assert expected == Namespace(name="a", kind=kind, distinctive=pattern).strong


@given(st.sampled_from(Kind), st.text(max_size=40))
def test_a_canonical_form_is_its_own(kind, text):
    """Normalising twice is normalising once, whatever the kind."""
    form = canonical(kind, text)
    assert form is None or form == canonical(kind, form)


def test_what_a_person_typed_is_made_canonical():
    """Blanks, zeros, and a pattern that must match entirely."""
    assert "42" == filed(ACCOUNT, " 0042 ")
    assert "C00000042" == filed(CARD, "C00000042\n")


@pytest.mark.parametrize(
    ("namespace", "value", "sentence"),
    [
        (ACCOUNT, "eva@x.se", "is no integer"),
        (CARD, "C42eva", "does not match its pattern"),
        (CARD, "", "is no text"),
    ],
)
def test_what_is_not_of_its_kind_is_refused_without_the_value(namespace, value, sentence):
    """The message says which namespace, and cannot leak who it was about."""
    with pytest.raises(
        IdentifierError, match=f"namespace {namespace.name}: the value given {sentence}"
    ) as caught:
        filed(namespace, value)
    assert not value or value not in str(caught.value)


def test_a_pseudonym_is_the_hmac_of_the_form():
    """SHA-256, hex, under the named key."""
    assert hmac.new(b"k" * 32, b"42", hashlib.sha256).hexdigest() == pseudonym_of("42", b"k" * 32)


def test_a_sought_identifier_never_shows_its_value():
    """Its repr may stand in a traceback."""
    assert "eva" not in repr(Sought(namespace="email", value="eva@x.se", request=0))


def test_an_unknown_namespace_is_told_those_there_are():
    """In alphabetical order."""
    known = {"card": CARD, "account": ACCOUNT}
    assert CARD == namespace_of(known, "card")
    with pytest.raises(NamespaceError, match="'device' is not declared; declared: account, card"):
        namespace_of(known, "device")
