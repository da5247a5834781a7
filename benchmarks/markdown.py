"""Documents of which a part is generated: between two lines of the hand-written rest."""

from collections.abc import Sequence


def spliced(document: str, generated: str, *, name: str, begin: str, end: str) -> str:
    """Return a document with what was written between the two lines replaced, and all else as it was.

    Args:
        document: the text there is.
        generated: what comes between the lines.
        name: what an error calls the document.
        begin: the first line.
        end: the second one.

    Raises:
        ValueError: it does not have each of the two lines once, in their order.
    """
    before, found, rest = document.partition(f"{begin}\n")
    old, closed, after = rest.partition(f"{end}\n")
    if not (found and closed) or begin in old + after or end in before + after:
        raise ValueError(f"{name} needs the lines {begin} and {end} once each, in this order")
    return f"{before}{begin}\n\n{generated}\n\n{end}\n{after}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
