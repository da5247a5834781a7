"""Identifiers as people copy them: with quotes, brackets or a name around them, which nobody's data holds.

`vera@example.org;` has the shape of an e-mail address and is nobody's: it would be looked for in vain.
"""

import re

from lineage_assets.errors import IdentifierError
from lineage_assets.identifiers import BLANKS, Kind, Namespace, canonical, filed

ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
QUOTES = '"`\u00ab\u00bb\u201c\u201d\u201e\u2018'
STRANGE = re.compile(rf"[{QUOTES}<>()\[\]{{}},;:\s]|^[A-Za-z_-]+=|['\u2019.]$")
AROUND = f"{QUOTES}'\u2019<>,;{BLANKS}"
SHAPES = (Kind.INTEGER, Kind.PHONE, Kind.UUID)
BARE = (
    "quotes, brackets, commas, semicolons, colons, blanks, a full stop at the end or a name= before it are"
    " no part of an address or a number"
)


def unclean(value: str) -> bool:
    """Whether something stands around an address, a number or a UUID that is no part of it.

    Apostrophes and plus tags are parts of addresses. To be asked of whatever is not said to be text.
    """
    text = value.strip(BLANKS)
    if ADDRESS.search(text):
        return STRANGE.search(text) is not None
    bare = text.strip(AROUND)
    return bare != text and any(canonical(kind, bare) and not canonical(kind, text) for kind in SHAPES)


def taken(namespace: Namespace, value: str) -> str:
    """Return the canonical form of an identifier that a person typed for a request.

    Raises:
        IdentifierError: it is not of the namespace's kind, or something stands around it; the message does
            not repeat it.
    """
    if namespace.kind is not Kind.TEXT and unclean(value):
        raise IdentifierError(f"namespace {namespace.name}: the value given is not clean: {BARE}")
    return filed(namespace, value)
