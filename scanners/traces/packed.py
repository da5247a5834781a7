"""Compressed streams inside other bytes: a cell, a spill file, a free page. Read in pieces, never whole."""

import io
import re
import zlib
from collections.abc import Iterator

import pyarrow as pa

PIECE = 1 << 16
FIRST = 512
WINDOW = {"zlib": zlib.MAX_WBITS, "gzip": zlib.MAX_WBITS + 16}  # 16 asks zlib for a gzip header
MAGIC = re.compile(
    rb"(?P<zlib>\x78[\x01\x5e\x9c\xda])|(?P<gzip>\x1f\x8b\x08)|(?P<zstd>\x28\xb5\x2f\xfd)", re.DOTALL
)
MAGIC_BYTES = 4


def unpacked(stream: io.BufferedIOBase, at: int) -> Iterator[bytes]:
    """Yield what a compressed stream at an offset holds, until it ends or stops making sense.

    What is no stream after all yields nothing, or little. A damaged one yields what comes before the damage.
    """
    stream.seek(at)
    head = MAGIC.match(stream.read(MAGIC_BYTES))
    stream.seek(at)
    if head is None:
        return
    yield from _zstd(stream) if head.lastgroup == "zstd" else _zlib(stream, WINDOW[head.lastgroup or ""])


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


def _zstd(stream: io.BufferedIOBase) -> Iterator[bytes]:
    reader = pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), "zstd")
    while True:
        try:
            piece = reader.read(PIECE)
        except OSError:
            return
        if not piece:
            return
        yield piece
