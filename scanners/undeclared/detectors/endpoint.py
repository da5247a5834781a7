"""One question to an OpenAI-compatible chat endpoint, over the standard library.

No redirect is followed and no proxy is read from the environment: what is sent goes where the settings say.
"""

import json
import ssl
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

MOST_REPLY_TOKENS = 200
_MOST_REPLY_BYTES = 1 << 16


class NotAnsweredError(Exception):
    """No reply, another status than 200, or a reply that is not of the API. No text of the endpoint's."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a model said, and what it has cost; `tokens` None where the endpoint does not tell."""

    text: str = field(repr=False)
    tokens: int | None


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where to ask. `repr` never shows the key."""

    url: str
    model: str
    timeout_seconds: float
    key: str | None = field(default=None, repr=False)

    def ask(self, instruction: str, question: str) -> Reply:
        """Ask once.

        Raises:
            NotAnsweredError: there is no usable reply.
        """
        body = {
            "model": self.model,
            "temperature": 0,
            "max_tokens": MOST_REPLY_TOKENS,
            "messages": [
                {"role": "system", "content": instruction},
                {"role": "user", "content": question},
            ],
        }
        try:
            return _reply(json.loads(self._post(json.dumps(body).encode())))
        except (OSError, HTTPException, ValueError, RecursionError):
            raise NotAnsweredError from None

    def _post(self, body: bytes) -> bytes:
        parts = urlsplit(self.url)
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.key is not None:
            headers["Authorization"] = f"Bearer {self.key}"
        connection = self._connection(parts.scheme, parts.hostname or "", parts.port)
        try:
            connection.request("POST", f"{parts.path}/chat/completions", body, headers)
            response = connection.getresponse()
            if response.status != HTTPStatus.OK:
                raise NotAnsweredError
            said = response.read(_MOST_REPLY_BYTES + 1)
        finally:
            connection.close()
        if len(said) > _MOST_REPLY_BYTES:
            raise NotAnsweredError
        return said

    def _connection(self, scheme: str, host: str, port: int | None) -> HTTPConnection:
        if scheme == "https":
            context = ssl.create_default_context()
            return HTTPSConnection(host, port, timeout=self.timeout_seconds, context=context)
        return HTTPConnection(host, port, timeout=self.timeout_seconds)


def _reply(said: Any) -> Reply:
    try:
        text = said["choices"][0]["message"]["content"]
        tokens = said.get("usage", {}).get("total_tokens")
    except (AttributeError, IndexError, KeyError, TypeError):
        raise NotAnsweredError from None
    if not isinstance(text, str):
        raise NotAnsweredError
    return Reply(text=text, tokens=tokens if type(tokens) is int and tokens >= 0 else None)
