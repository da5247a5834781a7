"""What the gate looks at of a request: its address, who sent it, and our cookie. Nothing is decided here."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LOGIN = "/rtbf/gate"
SIGN_OUT = "/rtbf/gate/out"
GATED = "rtbf_gate"
"""What a scope carries that the gate has let through: the pages then show how to sign out."""
MOST_FORM_BYTES = 8192
_ELSEWHERE = {"cross-site", "same-site"}


class Ask:
    """What is looked at of a request. A header that is there twice counts as none: nobody guesses which."""

    def __init__(self, scope: Scope, *, scheme: str | None = None) -> None:
        self.method = str(scope.get("method", "GET"))
        self.path = str(scope["path"])
        self.query = bytes(scope.get("query_string", b""))
        self.scheme = scheme or {"ws": "http", "wss": "https"}.get(scope["scheme"], scope["scheme"])
        self._headers = [(name.lower(), value.decode("latin-1")) for name, value in scope["headers"]]
        self.host = (self.only(b"host") or "").lower()

    def all(self, name: bytes) -> list[str]:
        """Return every value of a header."""
        return [value for known, value in self._headers if known == name]

    def only(self, name: bytes) -> str | None:
        """Return the one value of a header; None where there is none or more than one."""
        values = self.all(name)
        return values[0] if len(values) == 1 else None

    @property
    def tokens(self) -> list[str]:
        """What the address says is the token."""
        return parse_qs(self.query.decode("latin-1"), keep_blank_values=True).get("token", [])

    @property
    def cookie(self) -> str:
        """The name of our cookie: browsers send one port's cookies to all ports of a host."""
        port = self.host.rpartition(":")[2]
        return f"rtbf_gate_{port}" if port.isdecimal() else "rtbf_gate"

    @property
    def cookies(self) -> Iterable[str]:
        """The values of our cookie, as many as were sent."""
        for header in self.all(b"cookie"):
            for pair in header.split(";"):
                name, _, value = pair.strip().partition("=")
                if name == self.cookie:
                    yield value

    @property
    def from_ours(self) -> bool:
        """Whether a page of ours sent it, as far as the browser says."""
        same = self.only(b"origin") == f"{self.scheme}://{self.host}"
        return same and not set(self.all(b"sec-fetch-site")) & _ELSEWHERE

    @property
    def embedded(self) -> bool:
        """Whether another site's page embeds it; following a link from there is not embedding."""
        if not set(self.all(b"sec-fetch-site")) & _ELSEWHERE:
            return False
        return self.only(b"sec-fetch-mode") != "navigate" or self.only(b"sec-fetch-dest") != "document"

    @property
    def wants_page(self) -> bool:
        """Whether a person in a browser is waiting for a page."""
        return self.method in {"GET", "HEAD"} and "text/html" in ",".join(self.all(b"accept"))

    @property
    def here(self) -> str:
        """The path and query, without the token."""
        pairs = parse_qsl(self.query.decode("latin-1"), keep_blank_values=True)
        rest = [pair for pair in pairs if pair[0] != "token"]
        return local(quote(self.path) + (f"?{urlencode(rest)}" if rest else ""))


def local(address: str) -> str:
    """Return a path of this server, with its query: never another host, whatever was asked for."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    path = "/" + quote(parts.path, safe="/%~:@!$&'()*+,;=").lstrip("/")
    query = quote(parts.query, safe="/?%~:@!$&'()*+,;=")
    if parts.scheme or parts.netloc or path in {LOGIN, SIGN_OUT}:
        return "/"
    return path + (f"?{query}" if query else "")


async def form_of(receive: Receive) -> dict[str, str] | None:
    """Return the fields that a posted form has once; None where it is longer than a login is."""
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MOST_FORM_BYTES:
            return None
    fields = parse_qs(body.decode("latin-1"), keep_blank_values=True)
    return {name: values[0] for name, values in fields.items() if len(values) == 1}
