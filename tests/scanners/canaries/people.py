"""Who is sought, one person a place; and people who are almost them, whom no scan may name."""

import uuid
from dataclasses import dataclass
from typing import Any

from lineage_assets.identifiers import Kind, Namespace, Sought

KEY = b"a key of a test"
NAMESPACES = {
    each.name: each
    for each in (
        Namespace(name="account", kind=Kind.INTEGER),
        Namespace(name="email", kind=Kind.EMAIL),
        Namespace(name="phone", kind=Kind.PHONE),
        Namespace(name="device", kind=Kind.UUID),
        Namespace(name="login", kind=Kind.TEXT),
        Namespace(name="member", kind=Kind.TEXT, distinctive="M-[0-9]{7}"),
    )
}


@dataclass(frozen=True, kw_only=True)
class Planted:
    """What a place holds: an identifier, and values of other people that come as near as can be."""

    namespace: str
    value: str
    near: tuple[str, ...]

    def sought(self, request: int) -> Sought:
        """Return the identifier as a request looks for it."""
        return Sought(namespace=self.namespace, value=self.value, request=request)


def planted(namespace: str, place: int) -> Planted:
    """Return the identifier of a place, and its neighbours."""
    value, near = _MADE[namespace](place)
    return Planted(namespace=namespace, value=value, near=tuple(near))


def _email(place: int) -> tuple[str, Any]:
    value = f"jo.{place:03}q@mail-{place:03}.example"
    return value, (f"x{value}", value[1:], f"{value}.au", value.replace("@", "1@"), value[:-1])


def _phone(place: int) -> tuple[str, Any]:
    value = f"+4930{7_000_137 + place * 1000}"
    return value, (f"{value}1", value[:-1], f"{value[:-1]}9", value.replace("+4930", "+4340"))


def _device(place: int) -> tuple[str, Any]:
    value = str(uuid.UUID(int=0x6F9619FF8B86D011B42D00CF4FC96400 + (place << 16)))
    return value, (f"{value[:-1]}f", f"a{value[1:]}", f"{value[:9]}0{value[10:]}")


def _member(place: int) -> tuple[str, Any]:
    value = f"M-{2_000_037 + place * 100}"
    return value, (f"{value}1", f"{value[:-1]}9", f"M{value[2:]}", f"A{value}")


def _account(place: int) -> tuple[str, Any]:
    value = str(7_000_000_037 + place * 100)
    return value, (f"{value}1", f"{value[:-1]}9", value[:-1], f"1{value}")


def _login(place: int) -> tuple[str, Any]:
    value = f"jo-{place:03}-q"
    return value, (f"{value}1", value[:-1], f"a{value}")


_MADE = {
    "email": _email,
    "phone": _phone,
    "device": _device,
    "member": _member,
    "account": _account,
    "login": _login,
}
