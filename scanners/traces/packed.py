"""Compressed streams inside other bytes: a cell, a spill file, a free page. Read in pieces, never whole."""

import io
import re
import zlib
from collections.abc import Callable, Iterator

import pyarrow as pa

PIECE = 1 << 16
FIRST = 512
WINDOW = {"zlib": zlib.MAX_WBITS, "gzip": zlib.MAX_WBITS + 16}  # 16 asks zlib for a gzip header
MAGIC = re.compile(
    rb"\x78(?P<zlib>[\x01\x5e\x9c\xda])|\x1f(?P<gzip>\x8b\x08)|\x28(?P<zstd>\xb5\x2f\xfd)", re.DOTALL
)
MAGIC_BYTES = 4


def unpacked(opened: Callable[[], io.BufferedIOBase], at: int) -> Iterator[bytes]:
    """Yield what a compressed stream at an offset holds, until it ends or stops making sense.

    What is no stream after all yields nothing, or little. A damaged one yields what comes before the damage.

    Args:
        opened: opens the bytes around it anew.
        at: where it begins.
    """
    with opened() as stream:
        stream.seek(at)
        head = MAGIC.match(stream.read(MAGIC_BYTES))
        stream.seek(at)
        if head is not None and head.lastgroup != "zstd":
            yield from _zlib(stream, WINDOW[head.lastgroup or ""])
    if head is not None and head.lastgroup == "zstd":
        yield from _zstd(opened, at)


def _zlib(stream: io.BufferedIOBase, window: int) -> Iterator[bytes]:
    reader = zlib.decompressobj(window)
    size = FIRST
    while not reader.eof and (piece := stream.read(size)):
        try:
            out = reader.decompress(piece, PIECE)
            while out:
                yield out
                out = reader.decompress(reader.unconsumed_tail, PIECE) if reader.unconsumed_tail else b""
        except zlib.error:
            return


def _zstd(opened: Callable[[], io.BufferedIOBase], at: int) -> Iterator[bytes]:
    """Yield a frame; where other bytes follow the reader fails, and its last piece is read byte by byte."""
    good = 0
    for size in (PIECE, 1):
        stream = opened()
        stream.seek(at)
        reader = pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), "zstd")
        try:
            _skip(reader, good)
            while piece := reader.read(size):
                good += len(piece)
                yield piece
        except OSError:
            continue
        return


def _skip(reader: pa.CompressedInputStream, count: int) -> None:
    for start in range(0, count, PIECE):
        reader.read(min(PIECE, count - start))
