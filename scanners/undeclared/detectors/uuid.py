"""UUIDs: of a device or a person where the name says so, otherwise identifiers of one does not know what."""

import re

from scanners.undeclared.detectors.judgement import DOUBTFUL, Judgement, PersonalKind
from scanners.undeclared.detectors.names import Hint, hint
from scanners.undeclared.detectors.shares import Grade, share
from scanners.undeclared.sample import ColumnSample

_UUID = re.compile(r"(?:urn:uuid:)?\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?", re.IGNORECASE)


class Uuid:
    """UUIDs in any spelling. An order's looks like a device's: only names tell them apart."""

    name = "uuid"
    kinds = frozenset({PersonalKind.DEVICE, PersonalKind.ACCOUNT, PersonalKind.IDENTIFIER})

    def judge(self, column: ColumnSample) -> Judgement | None:
        """Return DEVICE or ACCOUNT where the name says so too, else a doubtful IDENTIFIER."""
        named = [
            kind for kind in (PersonalKind.DEVICE, PersonalKind.ACCOUNT) if hint(column, kind) is Hint.STRONG
        ]
        kind = named[0] if named else PersonalKind.IDENTIFIER
        grade = Grade(detector=self.name, kind=kind, alone=DOUBTFUL, fewest=1)
        return grade.judged(share(column.values, is_uuid), hinted=bool(named))


def is_uuid(value: str) -> bool:
    """Whether a text is 32 hex digits as a UUID is written; one digit repeated is a placeholder."""
    return bool(_UUID.fullmatch(value)) and len(set(value.replace("-", ""))) > 1
