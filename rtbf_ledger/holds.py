"""Legal holds: a request, whole or by asset, whose data must stay for now (GDPR Art. 17(3)(e), 18)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class HoldReason(StrEnum):
    """Why data is held."""

    LEGAL_CLAIMS = "legal_claims"
    AUTHORITY_ORDER = "authority_order"
    FRAUD_INVESTIGATION = "fraud_investigation"


@dataclass(frozen=True, kw_only=True)
class Hold:
    """One hold. `asset` None holds the whole request; `until` None holds until it is released."""

    id: str
    request_id: str
    reason: HoldReason
    asset: str | None = None
    until: date | None = None
    released: bool = False

    def open_on(self, day: date) -> bool:
        """Whether the hold still binds on a day."""
        return not self.released and (self.until is None or day <= self.until)


def held_assets(holds: Iterable[Hold], assets: Iterable[str], day: date) -> dict[str, Hold]:
    """Return which of the assets are held on a day, each with the first hold that binds it."""
    binding = [hold for hold in holds if hold.open_on(day)]
    found = {asset: next((hold for hold in binding if hold.asset in {None, asset}), None) for asset in assets}
    return {asset: hold for asset, hold in found.items() if hold is not None}
