"""What stands around an identifier that was copied from somewhere, and what is a part of it."""

import pytest

from lineage_assets.errors import IdentifierError
from lineage_assets.identifiers import Kind, Namespace
from lineage_assets.typed import taken, unclean

UNCLEAN = (
    '"vera@example.org"',
    "'vera@example.org'",
    "`vera@example.org`",
    "\u201cvera@example.org\u201d",
    "vera@example.org;",
    "vera@example.org,",
    "vera@example.org.",
    "vera@example.org,700042",
    "700042,vera@example.org",
    "vera@example.org 700042",
    "mailto:vera@example.org",
    "e-mail: vera@example.org",
    "<vera@example.org>",
    "Vera <vera@example.org>",
    "[vera@example.org]",
    "email=vera@example.org",
    "email=email=vera@example.org",
    '"700042"',
    "700042;",
    "'+49 30 123456'",
    "<6f1e1f1e-0000-4000-8000-000000000001>",
)
CLEAN = (
    "vera@example.org",
    " Vera@Example.org\t",
    "o'brien@x.ie",
    "o\u2019brien@x.ie",
    "vera+news@example.org",
    "vera+a=b@example.org",
    "SRS0=ab=x.org=vera@example.org",
    "j\u00fcrgen@b\u00fccher.de",
    "700042",
    "+49 (0)30 123-4567",
    "{6F1E1F1E-0000-4000-8000-000000000001}",
    "urn:uuid:6f1e1f1e-0000-4000-8000-000000000001",
    "u-1",
    "user:42",
    '"u-1"',
    "@vera",
    "rock 'n' roll",
)


@pytest.mark.parametrize("value", UNCLEAN)
def test_what_stands_around_an_id_is_seen(value):
    assert unclean(value)


@pytest.mark.parametrize("value", CLEAN)
def test_a_bare_id_is_clean(value):
    assert not unclean(value)


@pytest.mark.parametrize("value", UNCLEAN)
def test_a_request_takes_no_unclean_address_and_does_not_repeat_it(value):
    with pytest.raises(IdentifierError) as refused:
        taken(Namespace(name="email", kind=Kind.EMAIL), value)
    assert "vera" not in str(refused.value).lower()
    assert value.strip() == taken(Namespace(name="login", kind=Kind.TEXT), value)
