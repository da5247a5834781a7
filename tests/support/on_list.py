"""People on a suppression list of a test: their MACs, as a sweep gets them."""

from lineage_assets.identifiers import pseudonym_of
from rtbf_ledger.tombstones import Listed, macs_of

KEY = bytes(range(32))
DEVICE = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
SECRET = "grace.hopper@example.com"
ERASED = Listed(requests=("rq-1",))
HASH = pseudonym_of("770011223344", b"a key of a test")
PLAIN = {"account": "770011223344", "email": SECRET, "device": DEVICE, "phone": "+49301234567"}


def listed(people=None, said=ERASED, **forms):
    """Return the parts of a list: {namespace: value} of one request, and forms given as they are."""
    parts = {(name, "plain"): value for name, value in (people or {}).items()}
    parts |= {("account", name.replace("__", ":")): value for name, value in forms.items()}
    return {part: dict.fromkeys(macs_of(KEY, *part, [value]), said) for part, value in parts.items()}
