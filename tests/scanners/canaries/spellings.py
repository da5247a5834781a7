"""How an identifier can be written inside a text: one row a spelling."""

import base64
import hashlib
import hmac
import json
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from tests.scanners.canaries.people import KEY

Spell = Callable[[str], str]
PLAIN, TOKEN = "plain", "token"


@dataclass(frozen=True, kw_only=True)
class Spelling:
    """A way to write the identifiers of a namespace, and the form that the scan reports for it."""

    name: str
    namespace: str
    spell: Spell
    form: str


def digest(algorithm: str, value: str) -> bytes:
    """Return an unkeyed hash of a canonical value."""
    return hashlib.new(algorithm, value.encode()).digest()


def keyed(value: str) -> bytes:
    """Return the pseudonym of a canonical value under the one named key."""
    return hmac.new(KEY, value.encode(), "sha256").digest()


def b64(data: bytes | str) -> str:
    """Return base64 with padding."""
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def b64url(data: bytes | str) -> str:
    """Return base64 of URLs, without padding."""
    raw = data.encode() if isinstance(data, str) else data
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _grouped(value: str) -> str:
    return f"{value[:3]} ({value[3:5]}) {value[5:8]}-{value[8:]}"


def _escaped(value: str) -> str:
    return "".join(f"\\u{ord(each):04x}" for each in value)


def _everywhere(value: str) -> str:
    return "".join(f"%{byte:02X}" for byte in value.encode())


_ANY: dict[str, tuple[Spell, str]] = {
    "as it is": (lambda v: v, PLAIN),
    "blanks around": (lambda v: f" \t{v}\r\n", PLAIN),
    "in a sentence": (lambda v: f"Please call or write {v}, thank you.", TOKEN),
    "at the end of a sentence": (lambda v: f"It was {v}.", TOKEN),
    "in angle brackets": (lambda v: f"Jo Q <{v}>", TOKEN),
    "in parentheses": (lambda v: f"Jo ({v})", TOKEN),
    "in quotes": (lambda v: f"said \"{v}\" and 'x'", TOKEN),
    "in a list of semicolons": (lambda v: f"a;{v};b", TOKEN),
    "in a line of CSV": (lambda v: f"7,{v},x", TOKEN),
    "in a line of tabs": (lambda v: f"7\t{v}\tx", TOKEN),
    "between lines": (lambda v: f"one\n{v}\nthree", TOKEN),
    "between pipes": (lambda v: f"a|{v}|b", TOKEN),
    "in a log line": (lambda v: f"2024-01-01T00:00:00Z INFO who={v} status=200", TOKEN),
    "after a colon": (lambda v: f"who:{v}", TOKEN),
    "in JSON": (lambda v: json.dumps({"a": {"who": v}, "n": 1}), TOKEN),
    "in a list in JSON": (lambda v: json.dumps([1, [None, {"x": [v]}]]), TOKEN),
    "as a key of JSON": (lambda v: json.dumps({v: 1}), TOKEN),
    "in JSON in JSON": (lambda v: json.dumps({"body": json.dumps({"who": v})}), TOKEN),
    "in JSON in JSON in JSON": (lambda v: json.dumps({"a": json.dumps({"b": json.dumps({"w": v})})}), TOKEN),
    "escaped in JSON": (lambda v: f'{{"who": "{_escaped(v)}"}}', TOKEN),
    "in a URL": (lambda v: f"https://x.example/a?who={v}&n=1", TOKEN),
    "in a URL, encoded": (lambda v: f"https://x.example/a?to={quote(f'<{v}>', safe='')}&n=1", "percent"),
    "every byte percent-encoded": (_everywhere, "percent"),
    "percent-encoded twice": (lambda v: quote(quote(f"<{v}>", safe=""), safe=""), "percent"),
    "in base64": (b64, "base64"),
    "in base64 of URLs": (b64url, "base64"),
    "in base64 in JSON": (lambda v: json.dumps({"blob": b64(v)}), "base64"),
    "in base64 of a sentence": (lambda v: b64(f"Dear {v}, hello"), "base64"),
    "in base64 of JSON": (lambda v: b64(json.dumps({"who": v})), "base64"),
    "in a file path": (lambda v: f"/data/users/{v}/part-0.parquet", TOKEN),
    "in a partition": (lambda v: f"s3://lake/events/user={v}/part-0", TOKEN),
    "in HTML": (lambda v: f"<td>{v}</td>", TOKEN),
    "in XML": (lambda v: f'<user id="{v}"/>', TOKEN),
    "in Python": (lambda v: f"{{'who': '{v}', 'n': 1}}", TOKEN),
    "in YAML": (lambda v: f"who: {v}\nn: 1", TOKEN),
    "md5 in hex": (lambda v: digest("md5", v).hex(), "md5"),
    "sha1 in hex": (lambda v: digest("sha1", v).hex(), "sha1"),
    "sha256 in hex": (lambda v: digest("sha256", v).hex(), "sha256"),
    "md5 in upper hex": (lambda v: digest("md5", v).hex().upper(), "md5"),
    "sha256 in upper hex": (lambda v: digest("sha256", v).hex().upper(), "sha256"),
    "md5 in a URL": (lambda v: f"https://x.example/avatar/{digest('md5', v).hex()}?s=80", "md5"),
    "sha1 in a sentence": (lambda v: f"key {digest('sha1', v).hex()}.", "sha1"),
    "sha256 in JSON": (lambda v: json.dumps({"em": [digest("sha256", v).hex()]}), "sha256"),
    "md5 in base64": (lambda v: b64(digest("md5", v)), "md5"),
    "sha1 in base64": (lambda v: b64(digest("sha1", v)), "sha1"),
    "sha256 in base64": (lambda v: b64(digest("sha256", v)), "sha256"),
    "sha256 in base64 of URLs": (lambda v: b64url(digest("sha256", v)), "sha256"),
    "keyed in hex": (lambda v: keyed(v).hex(), "pseudonym:training"),
    "keyed in upper hex": (lambda v: keyed(v).hex().upper(), "pseudonym:training"),
    "keyed in a sentence": (lambda v: f"as {keyed(v).hex()}!", "pseudonym:training"),
    "keyed in base64": (lambda v: b64(keyed(v)), "pseudonym:training"),
    "keyed in base64 of URLs": (lambda v: b64url(keyed(v)), "pseudonym:training"),
}
_OWN: dict[str, dict[str, tuple[Spell, str]]] = {
    "email": {
        "upper case": (str.upper, PLAIN),
        "mixed case": (str.title, PLAIN),
        "mailto": (lambda v: f"mailto:{v}?subject=x", TOKEN),
        "markdown": (lambda v: f"[mail](mailto:{v})", TOKEN),
        "before the ending of a file": (lambda v: f"saved as {v}.CSV, twice", TOKEN),
        "as the name of a file": (lambda v: f"{v}.2024.parquet.bak", TOKEN),
        "before an underscore": (lambda v: f"{v}_old.txt", TOKEN),
        "decomposed": (lambda v: unicodedata.normalize("NFD", v), PLAIN),
        "no-break space before": (lambda v: f"\u00a0{v}", TOKEN),
        "possessive": (lambda v: f"{v}'s file", TOKEN),
        "full-width comma after": (lambda v: f"{v}、又", TOKEN),
        "in typographic quotes": (lambda v: f"“{v}”", TOKEN),
        "an encoded at sign alone": (lambda v: v.replace("@", "%40"), "percent"),
        "an at sign of HTML": (lambda v: v.replace("@", "&#64;"), TOKEN),
        "md5 of upper case": (lambda v: digest("md5", v.upper()).hex(), "md5"),
        "upper case in base64": (lambda v: b64(v.upper()), "base64"),
    },
    "phone": {
        "grouped": (_grouped, PLAIN),
        "two zeros": (lambda v: f"00{v[1:]}", PLAIN),
        "a trunk zero": (lambda v: f"{v[:3]} (0){v[3:]}", PLAIN),
        "with dots": (lambda v: f"{v[:3]}.{v[3:5]}.{v[5:]}", PLAIN),
        "with slashes": (lambda v: f"{v[:3]} {v[3:5]}/{v[5:]}", PLAIN),
        "tel": (lambda v: f"tel:{v};ext=1", TOKEN),
        "grouped in a sentence": (lambda v: f"call {_grouped(v)} today", TOKEN),
        "no-break spaces": (lambda v: f"{v[:3]}\u00a0{v[3:5]}\u00a0{v[5:]}", TOKEN),
        "a plus sign encoded": (lambda v: f"%2B{v[1:]}", "percent"),
    },
    "device": {
        "upper case": (str.upper, PLAIN),
        "in braces": (lambda v: f"{{{v}}}", PLAIN),
        "as URN": (lambda v: f"urn:uuid:{v}", PLAIN),
        "without dashes": (lambda v: v.replace("-", ""), PLAIN),
        "without dashes in a sentence": (lambda v: f"on {v.replace('-', '')}.", TOKEN),
        "between underscores": (lambda v: f"id_{v}_x", TOKEN),
        "16 bytes in base64": (lambda v: b64(bytes.fromhex(v.replace("-", ""))), TOKEN),
        "with a prefix": (lambda v: f"usr_{v.replace('-', '')}", TOKEN),
    },
    "member": {
        "between underscores": (lambda v: f"id_{v}_x", TOKEN),
        "beside umlauts": (lambda v: f"für {v} — gut", TOKEN),
    },
}
_WEAK = ("md5", "sha1", "sha256", "keyed")
# Weak identifiers are evidence only as hashes.
SPELLINGS = tuple(
    Spelling(name=f"{namespace} {name}", namespace=namespace, spell=spell, form=form)
    for namespace in ("email", "phone", "device", "member", "account", "login")
    for name, (spell, form) in (_ANY | _OWN.get(namespace, {})).items()
    if namespace in _OWN or name.startswith(_WEAK)
)
