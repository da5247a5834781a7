"""What the gate answers by itself, and the security headers of all answers."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from html import escape

from rtbf_desk.gate_request import LOGIN, Message, Send

STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem;"
    "color:#1b1f24;background:#fff}input,button{font:inherit;padding:.4rem .6rem;max-width:100%}"
)
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sign in</title><style>{style}</style></head><body><main>
<h1>Sign in</h1>
<p role="status">{said}</p>
<form method="post" action="{action}">
<p><label for="token">Token</label><br>
<input id="token" name="token" type="password" autocomplete="off" required autofocus></p>
<input type="hidden" name="next" value="{after}">
<p><button type="submit">Open</button></p>
</form>
<p>You came by a link and are signed in already? <a href="{after}">Go on</a>.</p>
</main></body></html>
"""
ASKED = "The token is in the address that rtbf ui printed; it changes with every start."
WRONG = "That is not the token. It is in the address that rtbf ui printed, and changes with every start."
OUT = "You are signed out. To come in again, use the address that rtbf ui printed."

_STYLE_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
_CLOSED = "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
PAGE_POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; {_CLOSED}"
DESK_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    f"connect-src 'self'; {_CLOSED}"
)
# Set where an answer has none: the Dagster UI sends a content security policy of its own.
EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
# Replaces what an answer has: with `no-referrer`, browsers send `Origin: null` from our own forms.
REFERRER = (b"referrer-policy", b"same-origin")
OURS = EVERYWHERE | {"content-security-policy": DESK_POLICY, "cache-control": "no-store"}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the gate answers by itself."""

    status: int
    text: str
    kind: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()

    async def send(self, method: str, send: Send) -> None:
        """Send it; without a body where the method has none."""
        own = EVERYWHERE | {"cache-control": "no-store", "content-security-policy": PAGE_POLICY}
        body = self.text.encode()
        head = [*own.items(), ("content-type", self.kind), ("content-length", str(len(body))), *self.headers]
        raw = [REFERRER, *((name.encode("latin-1"), value.encode("latin-1")) for name, value in head)]
        await send({"type": "http.response.start", "status": self.status, "headers": raw})
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})


def login_page(
    said: str, after: str, *, status: int = 401, headers: tuple[tuple[str, str], ...] = ()
) -> Answer:
    """Return the login page; `after` is where it leads, a path of this server."""
    text = PAGE.format(style=STYLE, said=escape(said), action=LOGIN, after=escape(after))
    return Answer(status=status, text=text, kind="text/html; charset=utf-8", headers=headers)


def with_headers(send: Send, wanted: Mapping[str, str]) -> Send:
    """Return a `send` that adds the headers an answer does not have, and the referrer policy to all."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            all_ = [(bytes(name).lower(), bytes(value)) for name, value in message.get("headers", ())]
            there = [pair for pair in all_ if pair[0] != REFERRER[0]]
            known = {name for name, _ in there}
            more = [(name.encode(), value.encode()) for name, value in wanted.items()]
            message["headers"] = [REFERRER, *there, *(pair for pair in more if pair[0] not in known)]
        await send(message)

    return sending
