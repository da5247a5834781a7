r"""Where inside a row a subject key stands.

user_id                        a column
viewer.device_id               a field of a struct column
viewers[]                      the elements of a list column
viewers[].account              a field of each struct in a list
payload::requester.account     a field inside a column that holds JSON text
a\.b                            a column whose name has a dot
"""

import re
from dataclasses import dataclass

from lineage_assets.errors import KeyPathError

ELEMENTS = "[]"


@dataclass(frozen=True, order=True)
class KeyPath:
    """A key path: `steps` from the column inwards ("[]" enters a list), then `json` fields in its text."""

    steps: tuple[str, ...]
    json: tuple[str, ...] = ()

    @property
    def column(self) -> str:
        """The top-level column."""
        return self.steps[0]

    @property
    def in_list(self) -> bool:
        """Whether a row can hold many values here."""
        return ELEMENTS in self.steps

    @classmethod
    def parse(cls, text: str) -> "KeyPath":
        """Read a key path.

        Raises:
            KeyPathError: the text is no key path; the message says why.
        """
        outer, _, inner = text.partition("::")
        steps: list[str] = []
        for part in _split(outer, text):
            lists = len(part) - len(part.rstrip("[]"))
            name = part[: len(part) - lists]
            if not name or part[len(name) :] != ELEMENTS * (lists // 2):
                raise KeyPathError(f"key path {text!r}: a step is a name, then [] for each list level")
            steps += [name, *[ELEMENTS] * (lists // 2)]
        return cls(steps=tuple(steps), json=tuple(_split(inner, text)) if "::" in text else ())

    def __str__(self) -> str:
        """Return the text that `parse` reads back."""
        out = ""
        for step in self.steps:
            out += ELEMENTS if step == ELEMENTS else ("." if out else "") + step.replace(".", "\\.")
        return out + ("::" + ".".join(s.replace(".", "\\.") for s in self.json) if self.json else "")


def _split(text: str, whole: str) -> list[str]:
    parts = [p.replace("\\.", ".") for p in re.split(r"(?<!\\)\.", text)]
    if not all(parts):
        raise KeyPathError(f"key path {whole!r}: an empty step")
    return parts
