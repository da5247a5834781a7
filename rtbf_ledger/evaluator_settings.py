"""The settings of the optional evaluator: a language model that is asked about columns, not values."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rtbf_ledger.errors import SettingsError

_TEXTS = {"url", "model", "state", "key_env"}
_NUMBERS = {"requests_per_run", "requests_per_day", "tokens_per_day", "timeout_seconds"}


@dataclass(frozen=True, kw_only=True)
class EvaluatorSettings:
    """An OpenAI-compatible chat endpoint and what may be spent on it.

    Attributes:
        url: up to and without `/chat/completions`; https, or http on this machine.
        model: the model's name there.
        state: the file that remembers answers and what was spent; made with mode 0600.
        key_env: the environment variable that holds the key; None: the endpoint needs none.
        key: what that variable held; None where it was not set.
        requests_per_run, requests_per_day: requests at most; a repeated one counts again.
        tokens_per_day: tokens at most, of prompts and replies, by the day in UTC.
        timeout_seconds: how long one request may wait for the next byte.
    """

    url: str
    model: str
    state: Path
    key_env: str | None = None
    key: str | None = field(default=None, repr=False)
    requests_per_run: int = 100
    requests_per_day: int = 500
    tokens_per_day: int = 200_000
    timeout_seconds: int = 20


def evaluator_settings(value: Mapping[str, Any], base: Path, environ: Mapping[str, str]) -> EvaluatorSettings:
    """Read the table `[evaluator]`; a relative `state` is relative to `base`, the key is in `environ`.

    Raises:
        SettingsError: something is missing, unknown or malformed.
    """
    unknown = sorted(set(value) - _TEXTS - _NUMBERS)
    if unknown:
        known = ", ".join(sorted(_TEXTS | _NUMBERS))
        raise SettingsError(f"settings: evaluator {unknown[0]!r} is unknown; known: {known}")
    for name in sorted({"url", "model", "state"} - set(value)):
        raise SettingsError(f"settings: evaluator {name!r} is missing")
    for name in sorted(_TEXTS & set(value)):
        if not isinstance(value[name], str) or not value[name].strip():
            raise SettingsError(f"settings: evaluator {name} is a text, and not an empty one")
    for name in sorted(_NUMBERS & set(value)):
        if isinstance(value[name], bool) or not isinstance(value[name], int) or value[name] < 1:
            raise SettingsError(f"settings: evaluator {name} is a whole number above 0")
    if "key_env" in value and not re.fullmatch(r"[A-Z_][A-Z0-9_]*", value["key_env"]):
        raise SettingsError("settings: evaluator key_env is the name of an environment variable, not a key")
    _refuse_url(value["url"])
    rest = {name: value[name] for name in value if name not in {"url", "state"}}
    key = environ.get(value["key_env"]) if "key_env" in value else None
    return EvaluatorSettings(url=value["url"].rstrip("/"), state=base / value["state"], key=key, **rest)


def _refuse_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise SettingsError("settings: evaluator url is no URL") from None
    if not host or parts.username is not None or parts.query or parts.fragment:
        raise SettingsError("settings: evaluator url has a host, and no user, query or fragment")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_here(host)):
        raise SettingsError("settings: evaluator url begins with https://, or with http:// on this machine")


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
