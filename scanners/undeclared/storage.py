"""The storage of a deployment, or of one asset: what lies under the roots, by the asset or root it is in."""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from scanners.undeclared.files import Orphan, Unlooked, Walk, Walked
from scanners.undeclared.order import Looking
from scanners.undeclared.table_formats import superseded


@dataclass(kw_only=True)
class Stored:
    """What walking the storage saw, by target: files of a root, what belongs to nobody, what was not seen."""

    files: dict[str, int] = field(default_factory=dict)
    orphans: defaultdict[str, list[Orphan]] = field(default_factory=lambda: defaultdict(list))
    unlooked: defaultdict[str, list[Unlooked]] = field(default_factory=lambda: defaultdict(list))

    def add(self, target: str, walked: Walked, now: float) -> None:
        """Add one walk, and what the table formats among it say."""
        self.files[target] = walked.files
        for orphan in walked.orphans:
            self.orphans[orphan.target].append(orphan)
        for one in walked.unlooked:
            self.unlooked[one.target].append(one)
        for table in walked.tables:
            orphans, unlooked = superseded(table, now)
            self.orphans[table.target] += orphans
            self.unlooked[table.target] += [unlooked] if unlooked else []


def stored(looking: Looking, asset: str | None) -> Stored:
    """Walk the storage roots and the locations outside of them, or the location of one asset."""
    claims = _claims(looking)
    roots = {name: path.resolve() for name, path in looking.roots.items()}
    now = looking.ledger.clock().timestamp()
    walk = Walk({path: name for name, (path, _) in claims.items()}, frozenset(roots.values()), now)
    seen = Stored()
    for name, path in sorted(roots.items()) if asset is None else ():
        target = f"{{{name}}}"
        seen.add(target, walk.below(path, name=f"{target}/", target=target), now)
    for name, (path, location) in sorted(claims.items()):
        outside = not any(path.is_relative_to(root) for root in roots.values())
        if asset == name or (asset is None and outside):
            seen.add(name, walk.below(path, name=location, target=name), now)
    return seen


def _claims(looking: Looking) -> dict[str, tuple[Path, str]]:
    """Return asset -> (where it is, its location as declared)."""
    declared = {name: node.declaration for name, node in looking.graph.nodes.items()}
    return {
        name: (looking.place(one.location).resolve(), one.location)
        for name, one in declared.items()
        if one is not None and one.location is not None
    }
