"""Names of files, columns and keys as they may be printed: one that holds an identifier is masked there."""

import re
from collections.abc import Iterable
from urllib.parse import unquote

MASK, SHORT = "***", 4
ESCAPED = re.compile(r"\\+\.")
QUOTED = re.compile(r"""(?<!\w)(['"]).+?\1(?!\w)""")


class Names:
    """Masks the identifiers in names. A short one is masked only where it stands alone, between signs."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._ids = {_low(text) for text in ids}
        self._lengths = sorted({len(text) for text in self._ids}, reverse=True)

    def shown(self, name: str) -> str:
        """Return a name without identifiers; a name with percent signs is looked at decoded, too."""
        masked = self._masked(name)
        if masked != name or "%" not in name:
            return masked
        plain = unquote(name)
        return name if self._masked(plain) == plain else self._masked(plain)

    def column(self, label: str) -> str:
        """Return a key or a column's label without identifiers: in a label dots of names are escaped."""
        plain = ESCAPED.sub(".", label)
        masked = self.shown(plain)
        return label if masked == plain else masked

    def sentence(self, text: str) -> str:
        """Return a sentence in which what stands in quotes, a key or a column, has no identifiers."""
        return QUOTED.sub(lambda quoted: self.column(quoted[0]), text)

    def _masked(self, name: str) -> str:
        low, out, at = _low(name), "", 0
        while at < len(name):
            length = self._length_at(low, at)
            out += MASK if length else name[at]
            at += length or 1
        return out

    def _length_at(self, low: str, at: int) -> int:
        for length in self._lengths:
            if low[at : at + length] in self._ids and (length >= SHORT or _alone(low, at, at + length)):
                return length
        return 0


def _low(text: str) -> str:
    """Return a text in lower case, letter for letter: some would become two."""
    return "".join(letter if len(letter.lower()) > 1 else letter.lower() for letter in text)


def _alone(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    return not before.isalnum() and not after.isalnum()
