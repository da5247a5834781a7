"""One asset as it was read, judged: what is seen of it, and for which kinds it was looked at whole."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from rtbf_ledger.mismatches import Mismatch, Seen, UndeclaredKind
from scanners.errors import CouldNotLook, Reason, ScannerError
from scanners.residual.order import ScanOrder
from scanners.undeclared.assets import Read
from scanners.undeclared.columns import Judged, judged_columns
from scanners.undeclared.files import Orphan, Unlooked
from scanners.undeclared.joins import Joined
from scanners.undeclared.lineage import WHOLE, Unlike, key_sources, of_graph, of_schema
from scanners.undeclared.order import Looking
from scanners.undeclared.profile import Profile
from scanners.undeclared.seen import About, joined, orphaned, owners_of, personal, unlike

OF_DATA = frozenset({UndeclaredKind.LINEAGE, UndeclaredKind.PERSONAL_COLUMN, UndeclaredKind.CONTAINMENT})
NO_LOCATION = "no_location"


@dataclass(kw_only=True)
class JudgedAsset:
    """What one asset came to. `looked` are the kinds that nothing was missed of."""

    seen: list[Seen] = field(default_factory=list)
    looked: set[UndeclaredKind] = field(default_factory=lambda: set(UndeclaredKind))
    unlooked: list[Unlooked] = field(default_factory=list)
    unsure: int = 0


def judged_asset(  # noqa: PLR0913 - keyword-only: all that one asset came to
    looking: Looking,
    order: ScanOrder | None,
    asset: str,
    *,
    read: Read | None,
    orphans: list[Orphan],
    unlooked: list[Unlooked],
    joins: list[Joined],
    failed: list[CouldNotLook],
    before: list[Mismatch],
) -> JudgedAsset:
    """Judge one asset.

    Args:
        looking: the deployment.
        order: the asset as it is read; None where it has no location.
        asset: its name.
        read: what reading it came to.
        orphans: files in its location that it has not.
        unlooked: what could not be looked at in its location.
        joins: columns of it that are keys.
        failed: the assets whose declared keys could not be compared with it.
        before: its mismatches as the ledger has them: those of data that is unchanged are still there.
    """
    about = _about(looking, asset, read)
    out = JudgedAsset(unlooked=list(unlooked))
    out.looked -= {UndeclaredKind.ORPHAN_FILE} if unlooked else set()
    out.seen += unlike(about, of_graph(looking.graph, asset))
    out.seen += orphaned(about, orphans)
    if read is None or order is None:
        out.unlooked.append(_no_location(asset))
        out.looked -= OF_DATA - {UndeclaredKind.LINEAGE}
    elif read.failure is not None:
        out.unlooked.append(_of(asset, read.failure))
        out.looked -= OF_DATA
    elif read.profile is None:
        out.seen += [one for one in before if one.kind in OF_DATA and one.place != WHOLE]
    else:
        out.seen += unlike(about, _against_keys(looking, order, read.profile))
        out.seen += joined(about, looking.graph, joins)
        out.unlooked += [_of(asset, one) for one in failed]
        out.looked -= {UndeclaredKind.CONTAINMENT} if failed else set()
        out.seen += personal(about, _columns(looking, order, read, out))
    return out


def _against_keys(looking: Looking, order: ScanOrder, profile: Profile) -> Iterator[Unlike]:
    """Compare the columns there are with the declared keys, of this asset and of all others."""
    return of_schema(order, profile, key_sources(looking.graph), looking.graph.namespaces)


def _columns(looking: Looking, order: ScanOrder, read: Read, out: JudgedAsset) -> Iterator[Judged]:
    """Yield the columns that look personal; a detector that could not tell is never clean."""
    samples = read.profile.samples() if read.profile else ()
    try:
        for one in judged_columns(
            order.declaration, samples, detectors=looking.detectors, namespaces=looking.graph.namespaces
        ):
            if one.told:
                yield one
            else:
                out.unsure += 1
    except ScannerError as error:
        out.unlooked.append(Unlooked(target=order.asset, reason=Reason.ENGINE, why=str(error)))
        out.unsure += 1
    if out.unsure:
        out.looked -= {UndeclaredKind.PERSONAL_COLUMN}


def _about(looking: Looking, asset: str, read: Read | None) -> About:
    labels = sorted(read.profile.columns) if read and read.profile else []
    return About(
        target=asset,
        key=looking.ledger.keys.named("receipt"),
        owners=owners_of(looking.graph, asset),
        columns={label: number for number, label in enumerate(labels, 1)},
    )


def _of(asset: str, failure: CouldNotLook) -> Unlooked:
    """Say why an asset could not be looked at, or be compared with the keys of another."""
    other = "" if failure.asset == asset else f"asset {asset}: its columns were not compared with all keys: "
    return Unlooked(target=asset, reason=str(failure.reason), why=f"{other}{failure}")


def _no_location(asset: str) -> Unlooked:
    why = f"asset {asset}: it declares no location, so its data is not looked at; add location=..."
    return Unlooked(target=asset, reason=NO_LOCATION, why=why)
