"""Who is signed in: cookies that carry their own end and our signature, and the few that ended early.

A cookie is `END.NUMBER.SIGNATURE`: Unix seconds, a number of this start, an HMAC over both, the host and the
token. The secret is new with every start, so what is remembered here never has to outlive the process.
"""

import asyncio
import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from rtbf_desk.gate_request import Ask

LENGTH = timedelta(hours=12)


@dataclass(frozen=True)
class Session:
    """One signed-in browser. `until` is in Unix seconds."""

    number: int
    until: int


class Sessions:
    """Opens, knows and ends sessions of one server; `token` and `secret` are what `Gate` was given."""

    def __init__(self, *, token: str, secret: bytes, clock: Callable[[], datetime]) -> None:
        self._token = token
        self._secret = secret
        self._clock = clock
        self._opened = 0
        self._ended: dict[int, int] = {}
        self._followed: dict[int, set[asyncio.Timeout]] = {}

    def opened(self, ask: Ask) -> str:
        """Return the value of the cookie of a new session."""
        self._opened += 1
        said = f"{int((self._clock() + LENGTH).timestamp())}.{self._opened}"
        return f"{said}.{self._signature(ask, said)}"

    def of(self, ask: Ask) -> Session | None:
        """Return the session that a request belongs to; None where it brings no cookie that still holds."""
        return next((found for value in ask.cookies if (found := self._read(ask, value))), None)

    def end(self, session: Session) -> None:
        """End a session for good, and what is followed in it."""
        now = self._clock().timestamp()
        self._ended = {number: until for number, until in self._ended.items() if until > now}
        self._ended[session.number] = session.until
        for limit in self._followed.pop(session.number, ()):
            limit.reschedule(asyncio.get_running_loop().time())

    @contextmanager
    def following(self, session: Session) -> Iterator[asyncio.Timeout]:
        """Give a limit to enter, which is over when the session is."""
        left = session.until - self._clock().timestamp()
        limit = asyncio.timeout(left)
        self._followed.setdefault(session.number, set()).add(limit)
        try:
            yield limit
        finally:
            there = self._followed.get(session.number, set())
            there.discard(limit)
            if not there:
                self._followed.pop(session.number, None)

    def _read(self, ask: Ask, value: str) -> Session | None:
        said, _, signature = value.rpartition(".")
        if not hmac.compare_digest(signature.encode("latin-1"), self._signature(ask, said).encode()):
            return None
        until, _, number = said.partition(".")
        found = Session(number=int(number), until=int(until))
        over = found.until <= self._clock().timestamp() or found.number in self._ended
        return None if over else found

    def _signature(self, ask: Ask, said: str) -> str:
        signed = f"rtbf gate session 2\n{ask.host}\n{said}\n{self._token}"
        return hmac.digest(self._secret, signed.encode(), "sha256").hex()
