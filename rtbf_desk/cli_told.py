"""What the commands that start without typer print: results on standard output, all else beside it."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

Counted = Callable[[int, int], None]
"""Takes how many files, and how many bytes of them."""


def said(sentence: str, code: int) -> int:
    """Tell why it ended, beside the output; returns its exit code."""
    tell_sentences([sentence])
    return code


def tell_json(document: Mapping[str, Any]) -> None:
    """Print a result for machines."""
    import json

    print(json.dumps(document, indent=2, ensure_ascii=False))  # noqa: T201 - the command line prints


def tell_lines(lines: Mapping[str, object], *, width: int) -> None:
    """Print a result for people: a name, as wide as given in characters, and its value on each line."""
    for name, value in lines.items():
        print(f"{name:{width}} {value}")  # noqa: T201


def tell_sentences(sentences: Iterable[str]) -> None:
    """Tell what is no result, beside the output."""
    for sentence in sentences:
        print(f"rtbf: {sentence}", file=sys.stderr)  # noqa: T201


@contextmanager
def progress(*, as_json: bool) -> Iterator[tuple[Counted, Counted]]:
    """Show how far the files are, where a person looks on.

    Yields:
        What is told the files and bytes to come, and what is told those that are done.
    """
    if as_json or not sys.stderr.isatty():
        yield _quietly, _quietly
        return
    from rtbf_desk.progress import showing

    with showing() as told:
        yield told


def _quietly(_files: int, _bytes: int) -> None:
    """Say nothing."""
