"""Whether a file is UTF-8 text: a table of text in another encoding is told as that, not as damaged."""

from codecs import getincrementaldecoder
from pathlib import Path

PART = 1 << 20


def is_utf8(path: Path) -> bool:
    """Whether a file is UTF-8 without NULs, which UTF-16 is full of; one that cannot be read is, too."""
    decoder = getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as stream:
            while part := stream.read(PART):
                if "\0" in decoder.decode(part):
                    return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    except OSError:
        return True
    return True
