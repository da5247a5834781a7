"""Where a benchmark's figures are written: as JSON, as the generated part of a document, and as a picture."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import markdown

END = "<!-- to here -->"


@dataclass(frozen=True)
class Published:
    """Three files, and the command that writes them.

    Attributes:
        command: such as "make bench-erase".
        result: where the figures are.
        document: the document of which a part is generated.
        picture: where the picture is.
    """

    command: str
    result: Path
    document: Path
    picture: Path

    @property
    def begin(self) -> str:
        """The line after which the generated part begins."""
        return f"<!-- `{self.command}` writes from here -->"

    def spliced(self, document: str, generated: str) -> str:
        """Return a document with its generated part replaced, and all else as it was.

        Raises:
            ValueError: it does not have the two lines between which that part stands.
        """
        return markdown.spliced(document, generated, name=str(self.document), begin=self.begin, end=END)

    def write(
        self, root: Path, *, plain: Mapping[str, Any], told: str, draw: Callable[[Path], None]
    ) -> list[Path]:
        """Write result, document and picture below a folder; returns where.

        Raises:
            ValueError: the document is there without the two lines between which it is written.
        """
        result, document, picture = paths = [
            root / each for each in (self.result, self.document, self.picture)
        ]
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
        old = document.read_text() if document.exists() else f"{self.begin}\n{END}\n"
        document.write_text(self.spliced(old, told))
        result.write_text(json.dumps(plain, indent=1) + "\n")
        draw(picture)
        return paths
