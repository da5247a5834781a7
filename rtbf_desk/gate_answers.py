"""What the gate answers by itself, and the security headers of all answers."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from html import escape

from rtbf_desk.gate_request import LOGIN, Message, Send

STYLE = (
    ":root{color-scheme:light dark;--g:#f6f7f9;--p:#fff;--i:#1b1f24;--s:#57606a;--l:#d5dae1;--f:#818a95;"
    "--a:#0b5394;--o:#fff}@media(prefers-color-scheme:dark){:root{--g:#14171b;--p:#1c2127;--i:#e7eaee;"
    "--s:#a8b1bc;--l:#343b44;--f:#77818d;--a:#8ec1f5;--o:#0b1622}}*{box-sizing:border-box}"
    'body{font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;'
    "margin:0;padding:min(12vh,6rem) 1rem 2rem;color:var(--i);background:var(--g)}"
    "main{max-width:30rem;margin:auto;padding:1.75rem;background:var(--p);border:1px solid var(--l);"
    "border-radius:8px}h1{font-size:1.5rem;line-height:1.25;margin:0 0 .75rem}p{margin:0 0 1rem}"
    "form+p{margin:0;color:var(--s);font-size:.875rem}label{font-weight:600}a{color:var(--a)}"
    "input,button{font:inherit;min-height:2.75rem;border-radius:6px;padding:.5rem .75rem}"
    "input{width:100%;margin-top:.25rem;color:inherit;background:var(--p);border:1px solid var(--f)}"
    "button{border:0;padding-inline:1.25rem;font-weight:600;color:var(--o);background:var(--a)}"
    ":focus-visible{outline:3px solid var(--a);outline-offset:2px}"
)
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{heading}</title><style>{style}</style></head><body><main>
<h1>{heading}</h1>
<p role="status">{said}</p>
<form method="post" action="{action}">
<p><label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="off" required autofocus></p>
<input type="hidden" name="next" value="{after}">
<p><button type="submit">Open</button></p>
</form>
{more}
</main></body></html>
"""
GO_ON = '<p>You came by a link and are signed in already? <a href="{after}">Go on</a>.</p>'
GOES_ON = "<p>What was filed goes on without you.</p>"
ASKED = "The token is in the address that was printed at the start; it changes with every start."
WRONG = (
    "That is not the token. It is in the address that was printed at the start, and changes with every start."
)
OUT = "You are signed out. To come in again, use the address that was printed at the start."

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
    out = said == OUT
    text = PAGE.format(
        heading="Signed out" if out else "Sign in",
        style=STYLE,
        said=escape(said),
        action=LOGIN,
        after=escape(after),
        more=GOES_ON if out else GO_ON.format(after=escape(after)),
    )
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
