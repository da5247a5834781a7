"""What may be inside a cell: JSON strings in JSON, base64, percent signs, wide characters, compression."""

import base64
import io
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from scanners.traces.packed import MAGIC, unpacked

DEEPEST = 3
MOST = 64 << 20  # bytes that one cell may grow to; above it the rest is not looked at, and said so
_ESCAPE = re.compile(rb'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))')
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_RUN = re.compile(rb"[A-Za-z0-9+/_-][A-Za-z0-9+/_-]{15,}={0,2}")
_PERCENT = re.compile(rb"%[0-9a-fA-F]{2}")
_CONTROLS = dict(zip(b'"\\/bfnrt', b'"\\/\x08\x0c\n\r\t', strict=True))


class TooLarge(Exception):
    """A cell that unpacks into more than we look at."""


def layers(data: bytes, depth: int = DEEPEST) -> Iterator[tuple[str, bytes]]:
    """Yield bytes as they are, and everything that is inside them; the name says how it was unpacked.

    Raises:
        TooLarge: a packed part is larger than 64 MiB.
    """
    yield "", data
    if depth:
        for name, inner in _inside(data):
            for deeper, innermost in layers(inner, depth - 1):
                yield f"{name} {deeper}".rstrip(), innermost


def _inside(data: bytes) -> Iterator[tuple[str, bytes]]:
    packed = MAGIC.match(data)
    if packed and (whole := _whole(data)):
        yield packed.lastgroup or "", whole
    yield from written(data)


def written(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what text holds once escapes, percent signs, wide characters or base64 are read."""
    if b"\\" in data and _ESCAPE.search(data):
        yield "json", unescaped(data)
    if _PERCENT.search(data):
        yield "url", unquote_to_bytes(data)
    if b"\0" in data:
        yield "wide", data.replace(b"\0", b"")
    runs = [run.group() for run in _RUN.finditer(data)]
    if runs:
        yield from (("base64", inner) for inner in _decoded(runs))


def _whole(data: bytes) -> bytes:
    out = bytearray()
    for piece in unpacked(lambda: io.BytesIO(data), 0):
        out += piece
        if len(out) > MOST:
            raise TooLarge
    return bytes(out)


def unescaped(data: bytes) -> bytes:
    r"""Return JSON text with its escapes read once, whatever is around the strings."""

    def read(found: re.Match[bytes]) -> bytes:
        if found[1]:
            return chr(int(found[1], 16)).encode("utf-8", "surrogatepass")
        return bytes([_CONTROLS[found[2][0]]])

    text = _ESCAPE.sub(read, data)
    if b"\xed" not in text:
        return text
    wide = text.decode("utf-8", "surrogatepass") if _is_text(text) else ""
    pairs = _PAIR.sub(lambda two: two.group().encode("utf-16", "surrogatepass").decode("utf-16"), wide)
    return pairs.encode("utf-8", "surrogatepass") or text


def _is_text(data: bytes) -> bool:
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def _decoded(runs: list[bytes]) -> Iterator[bytes]:
    """Yield what runs of base64 letters hold: packed ones each by itself, the others joined."""
    plain = []
    for run in runs:
        letters = run.rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
        letters = letters[:-1] if len(letters) % 4 == 1 else letters
        inner = base64.b64decode(letters + b"=" * (-len(letters) % 4))
        if MAGIC.match(inner):
            yield inner
        else:
            plain.append(inner)
    if plain:
        yield b"\n".join(plain)
