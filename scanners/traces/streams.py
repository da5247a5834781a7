"""Searches a stream of any length in bounded memory: pieces that overlap by the longest hit."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from scanners.traces.layers import written
from scanners.traces.matching import Matcher, Piece
from scanners.traces.report import Report, Spot


@dataclass
class Stream:
    """A search that is fed piece by piece. `at` is the offset of the first byte, or of the packed stream."""

    matcher: Matcher
    report: Report
    spot: Spot
    at: int = 0
    packed: bool = False
    _kept: bytes = field(default=b"", repr=False)

    def feed(self, piece: bytes) -> None:
        """Search the next piece; a hit that ends in what was kept was counted before."""
        data, kept = self._kept + piece, len(self._kept)
        hits = self.matcher.find(data, Piece.of(data))
        base = self.at if self.packed else self.at - kept
        self.report.add(self.spot, (hit for hit in hits if hit.end > kept), base=base, packed=self.packed)
        if self.matcher.reads_through:
            for name, inner in written(data):
                spot = replace(self.spot, unpacked=f"{self.spot.unpacked} {name}".strip())
                self.report.add(spot, self.matcher.find(inner, Piece.of(data)), base=base, packed=True)
        self._kept = data[-self.matcher.reach :]
        if not self.packed:
            self.at += len(piece)

    def feed_all(self, pieces: Iterable[bytes]) -> None:
        """Search every piece, small ones joined."""
        waiting = bytearray()
        for piece in pieces:
            waiting += piece
            if len(waiting) >= 1 << 20:
                self.feed(bytes(waiting))
                waiting.clear()
        if waiting:
            self.feed(bytes(waiting))
