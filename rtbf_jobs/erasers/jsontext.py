"""Identifiers in a column that holds JSON text: reading them, and taking them out.

Lists on the way are descended into whether or not the path says `[]`.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

LIST = "[]"


class NotJson(Exception):
    """The text is no JSON, or an object in it has a name twice, so that readers disagree."""


def parsed(text: str) -> Any:
    """Return the value of a JSON text.

    Raises:
        NotJson: it is none, or says a name twice.
    """
    try:
        return json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        raise NotJson from None


def texts_at(value: Any, steps: tuple[str, ...]) -> Iterator[str]:
    """Yield the strings and whole numbers at a path, as text."""
    if isinstance(value, list):
        for item in value:
            yield from texts_at(item, steps)
    elif steps and isinstance(value, dict):
        yield from texts_at(value.get(_name(steps[0])), steps[1:])
    elif not steps and _is_text(value):
        yield str(value)


def without(text: str, steps: tuple[str, ...], hit: Callable[[str], bool]) -> str:
    """Return the text without the fields and list elements at a path whose text is hit; the rest is kept.

    Raises:
        NotJson: the text is no JSON.
    """
    left = _pruned(parsed(text), steps, hit)
    tight = (",", ":") if '": ' not in text else (", ", ": ")
    out = json.dumps(left, ensure_ascii=text.isascii(), separators=tight)
    try:
        out.encode()
    except UnicodeEncodeError:
        return json.dumps(left, separators=tight)
    return out


def _pruned(value: Any, steps: tuple[str, ...], hit: Callable[[str], bool]) -> Any:
    if isinstance(value, list):
        kept = [item for item in value if steps or not _hit(item, hit)]
        return [_pruned(item, steps, hit) for item in kept]
    if not steps or not isinstance(value, dict):
        return value
    name, rest = _name(steps[0]), steps[1:]
    if name not in value:
        return value
    if not rest and _hit(value[name], hit):
        return {key: item for key, item in value.items() if key != name}
    return value | {name: _pruned(value[name], rest, hit)}


def _hit(value: Any, hit: Callable[[str], bool]) -> bool:
    return _is_text(value) and hit(str(value))


def _is_text(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _name(step: str) -> str:
    while step.endswith(LIST):
        step = step.removesuffix(LIST)
    return step


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError
    return made
