"""The suppression list as a sweep of many assets holds it: a part is read once while it stays the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from rtbf_ledger.tombstones import Listed, entries, listed
from scanners.sweep.order import ListKey

_Read = tuple[Mapping[bytes, Listed], int]


@dataclass
class Lists:
    """Parts of the suppression list that were read, and how many entries the list had then."""

    _entries: tuple[int, int] = (0, 0)
    _read: dict[tuple[ListKey, bool], _Read] = field(default_factory=dict, repr=False)

    def part(self, tx: Connection, part: ListKey, *, by_time: bool) -> _Read:
        """Return MAC -> what the list says of it, and the largest number of a tombstone.

        Args:
            tx: a transaction.
            part: namespace and form.
            by_time: see `rtbf_ledger.tombstones.listed`.
        """
        now = entries(tx)
        if now != self._entries:
            self._entries, self._read = now, {}
        if (part, by_time) not in self._read:
            self._read[part, by_time] = listed(tx, *part, by_time=by_time)
        return self._read[part, by_time]
