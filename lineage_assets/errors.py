"""What can be wrong with a declaration.

DeclarationError(ValueError)
├── KeyPathError        a key path that cannot be read
├── NamespaceError      an identifier kind that nobody declared, or declared twice
├── IdentifierError     a filed identifier that is not of its kind (never repeats the value)
└── GraphError          the declared graph is not whole (undeclared asset, cycle, unknown upstream)
"""


class DeclarationError(ValueError):
    """A declaration that cannot be used; the message says which asset, why, and what to do."""


class KeyPathError(DeclarationError):
    """A key path that cannot be read."""


class NamespaceError(DeclarationError):
    """A namespace (a kind of identifier) that is unknown here, or declared badly."""


class IdentifierError(DeclarationError):
    """An identifier that is not of its kind. The message never holds the value."""


class GraphError(DeclarationError):
    """The declared graph is not whole."""
