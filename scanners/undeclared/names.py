"""Names of columns: their last step, their words, and which of them say nothing."""

import re

from lineage_assets.paths import ELEMENTS, KeyPath

GENERIC = frozenset(
    {"code", "guid", "hash", "id", "ids", "index", "key", "name", "no", "nr", "num", "number", "pk", "value"}
    | {"uuid", "the", "of", "fk", "ref", "col", "column"}
)


def last_name(path: KeyPath) -> str:
    """Return the innermost name of a key path, in lower case."""
    if path.json:
        return path.json[-1].lower()
    return next(step for step in reversed(path.steps) if step != ELEMENTS).lower()


def name_of(label: str) -> str:
    """Return the innermost name of a column's label (see `ColumnSample.column`), in lower case."""
    bare = re.sub(r"(\[\]|\{key\}|\{value\})+$", "", label)
    return re.split(r"(?<!\\)\.", bare)[-1].replace("\\.", ".").lower()


def words(name: str) -> frozenset[str]:
    """Return the words of a name that say something: "creatorUserId" has creator and user."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    found = (one.lower() for one in re.split(r"[^A-Za-z]+", apart))
    return frozenset(one.removesuffix("s") for one in found if len(one) > 1 and one not in GENERIC)


def says_nothing(name: str) -> bool:
    """Whether a name is so common that two columns of it have nothing to do with each other."""
    return not words(name)
