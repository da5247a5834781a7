"""Takes in a request: reads identifiers, makes them canonical, files them sealed.

A wrong line is answered with its number, its namespace and a hint, never with the value on it.
"""

from collections.abc import Iterable, Mapping

from lineage_assets.errors import DeclarationError, IdentifierError
from lineage_assets.identifiers import BLANKS, Namespace, namespace_of
from lineage_assets.typed import taken


def read_identifiers(lines: Iterable[str], namespaces: Mapping[str, Namespace]) -> list[tuple[str, str]]:
    """Read identifiers, one a line as `namespace=value`; empty lines and comments (`#`) do not count.

    Returns:
        (namespace, canonical value) pairs, in the order given.

    Raises:
        IdentifierError: a line is malformed, or there is none; names the line by number.
    """
    found = []
    for number, line in enumerate(lines, start=1):
        text = line.strip(BLANKS)
        if not text or text.startswith("#"):
            continue
        try:
            found.append(_identifier(text, namespaces))
        except IdentifierError as error:
            raise IdentifierError(f"line {number}: {error}") from None
    if not found:
        raise IdentifierError("no identifier was given: write one a line as namespace=value")
    return found


def _identifier(text: str, namespaces: Mapping[str, Namespace]) -> tuple[str, str]:
    """Return the namespace and the canonical value of a line."""
    name, equals, value = text.partition("=")
    if not equals:
        raise IdentifierError("write namespace=value, such as account=1234")
    try:
        namespace = namespace_of(namespaces, name.strip())
    except DeclarationError:
        known = ", ".join(sorted(namespaces))
        raise IdentifierError(f"the word before '=' is no namespace; declared: {known}") from None
    if not value.strip(BLANKS):
        raise IdentifierError(f"namespace {namespace.name}: nothing is written after '='")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise IdentifierError("the value given is no UTF-8 text") from None
    return namespace.name, taken(namespace, value)
