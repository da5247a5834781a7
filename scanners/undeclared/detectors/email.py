"""E-mail addresses by their syntax (RFC 5321, RFC 6531): `email-validator`, without DNS."""

from email_validator import EmailNotValidError, validate_email

from scanners.undeclared.detectors.judgement import SURE, Judgement, PersonalKind
from scanners.undeclared.detectors.names import Hint, hint
from scanners.undeclared.detectors.shares import Grade, share
from scanners.undeclared.detectors.words import words
from scanners.undeclared.sample import ColumnSample

ROLES = words(
    "abuse admin billing contact deploy ftp git hello help hostmaster info mail marketing news no-reply noc "
    "noreply office postmaster root sales security service support team usenet uucp webmaster www"
)
"""Mailboxes of roles (RFC 2142, and what is usual): an organisation's and not a person's."""


class Email:
    """E-mail addresses; fully valid syntax is rare enough by chance that one value counts."""

    name = "email"
    kinds = frozenset({PersonalKind.EMAIL})

    def judge(self, column: ColumnSample) -> Judgement | None:
        """Return E-MAIL where most values are addresses of people."""
        grade = Grade(detector=self.name, kind=PersonalKind.EMAIL, alone=SURE, fewest=1)
        hinted = hint(column, PersonalKind.EMAIL) is not Hint.NONE
        return grade.judged(share(column.values, is_email), hinted=hinted)


def is_email(value: str) -> bool:
    """Whether a text is one e-mail address of a domain name, and not a role's mailbox."""
    if "@" not in value:
        return False
    try:
        local = validate_email(value, check_deliverability=False).local_part
    except EmailNotValidError:
        return False
    return local.lower() not in ROLES
