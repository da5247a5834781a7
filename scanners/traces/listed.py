"""Finds suppressed people by the ledger's tombstones.

No value is there to search for: candidates are cut from the data, and their MACs compared with the list.
"""

from collections.abc import Mapping

from lineage_assets.identifiers import Namespace, namespace_of
from rtbf_ledger import tombstones
from rtbf_ledger.store import Ledger
from rtbf_ledger.tombstones import Form
from scanners.traces.matching import Matcher
from scanners.traces.tokens import PLAIN, token_matcher


def listed(ledger: Ledger, namespaces: Mapping[str, Namespace]) -> Matcher:
    """Return a matcher for everybody on the suppression list, as they are and as their pseudonyms.

    Raises:
        KeyFolderError: the list was made with another tombstone key.
        NamespaceError: the list holds a namespace that is not declared any more.
    """
    key = ledger.keys.named("tombstone")
    with ledger.read() as tx:
        tombstones.check_key(tx, key)
        macs = {(name, form): tombstones.macs(tx, name, form) for name, form in tombstones.listed_forms(tx)}
    sought = {name: namespace_of(namespaces, name) for name, _form in macs}
    derived = {name: [form for n, form in macs if n == name and form != PLAIN] for name in sought}

    def suppressed(name: str, form: str, value: str) -> bool:
        forms = [PLAIN] if form == PLAIN else derived[name]
        return any(
            tombstones.mac_of(key, Form(namespace=name, name=one, value=value)) in macs.get((name, one), ())
            for one in forms
        )

    return token_matcher(sought, suppressed, hashed=any(derived.values()))
