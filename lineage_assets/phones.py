"""How a region writes phone numbers without its country, from the metadata of phonenumbers."""

from dataclasses import dataclass
from functools import lru_cache

from lineage_assets.errors import NamespaceError

FEWEST, MOST = 7, 15  # digits of a number with its country, as the canonical form has them


@dataclass(frozen=True, kw_only=True)
class Numbering:
    """The country's code, the digits before a number inside the country, and how long numbers are.

    `lengths` counts the digits after country code or prefix.
    """

    country: str
    prefix: str
    lengths: frozenset[int]

    def e164(self, digits: str) -> str | None:
        """Return a number with its country, from its digits without; None where they are too many or few."""
        shorter = digits.removeprefix(self.prefix)
        number = shorter if len(shorter) in self.lengths else digits
        return f"+{self.country}{number}" if len(number) in self.lengths else None


@lru_cache(maxsize=256)
def numbering(region: str) -> Numbering:
    """Return the numbering of a region (ISO 3166, two capital letters).

    Raises:
        NamespaceError: no such region, or its numbers cannot be told from their digits alone (in Brazil the
            prefix names a carrier): phonenumbers reads its own examples otherwise.
    """
    from phonenumbers import PhoneMetadata  # noqa: PLC0415 - 30 ms of a command's start, and few need it

    known = PhoneMetadata.metadata_for_region(region)
    if known is None or known.general_desc is None:
        raise NamespaceError("namespace: a region is two capital letters, such as DE")
    country = str(known.country_code)
    lengths = {n for n in known.general_desc.possible_length if FEWEST <= n + len(country) <= MOST}
    made = Numbering(country=country, prefix=known.national_prefix or "", lengths=frozenset(lengths))
    if known.national_prefix_transform_rule is not None or not _agrees(region, made):
        raise NamespaceError(
            f"namespace: numbers of region {region} have no fixed prefix; write them with their country"
        )
    return made


def _agrees(region: str, plan: Numbering) -> bool:
    """Whether phonenumbers reads the region's example numbers as the plan does."""
    import phonenumbers  # noqa: PLC0415 - as above
    from phonenumbers import PhoneNumberFormat, PhoneNumberType  # noqa: PLC0415

    for kind in (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE):
        example = phonenumbers.example_number_for_type(region, kind)
        if example is not None:
            written = phonenumbers.format_number(example, PhoneNumberFormat.NATIONAL)
            digits = "".join(one for one in written if one.isdigit())
            if plan.e164(digits) != phonenumbers.format_number(example, PhoneNumberFormat.E164):
                return False
    return True
