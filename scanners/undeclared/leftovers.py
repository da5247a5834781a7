"""Names of temporary and backup files: what a writer, an editor or an operator left behind."""

import re

from rtbf_ledger.mismatches import Code

_ERASER = re.compile(r"\..+\.rtbf-[0-9a-f]{16}-[0-9a-f]{16}\.tmp", re.DOTALL)
_TEMPORARY = re.compile(
    r".*\.(tmp|temp|part|partial|crdownload|swp|swo|inprogress|filepart)(\.[0-9]+)?"
    r"|~\$.*|\.#.*|\.~lock\..*|\.rtbf-.*|\._.*|\.goutputstream-.*|\.nfs[0-9a-f]+",
    re.IGNORECASE | re.DOTALL,
)
_BACKUP = re.compile(
    r".*~|.*\.(bak|backup|old|orig|save|sav|rej|deleted|dpkg-old)(\.?[0-9]+)?"
    r"|backup[-_ ]?of[-_ ].*|copy of .*|.* - copy(\.[a-z0-9]+)?|.* \(copy\)(\.[a-z0-9]+)?",
    re.IGNORECASE | re.DOTALL,
)
_TEMPORARY_FOLDER = re.compile(
    r"_temporary|\.?te?mp|\.hive-staging.*|\.spark-staging.*|\._.*|_tmp.*", re.IGNORECASE
)
_BACKUP_FOLDER = re.compile(r"backups?|old|\.?trash(-.*)?|\.snapshots?", re.IGNORECASE)
IGNORED = frozenset({"_SUCCESS", ".gitkeep", ".gitignore", ".DS_Store", "lost+found"})
OF_THE_ERASER = "of_the_eraser"


def leftover(name: str) -> tuple[Code, str | None] | None:
    """Return what the name of a file says: temporary (and whether our own eraser's), backup, or nothing."""
    if _ERASER.fullmatch(name):
        return Code.TEMPORARY, OF_THE_ERASER
    if _TEMPORARY.fullmatch(name):
        return Code.TEMPORARY, None
    return (Code.BACKUP, None) if _BACKUP.fullmatch(name) else None


def leftover_folder(name: str) -> Code | None:
    """Return what the name of a folder says of all in it."""
    if _TEMPORARY_FOLDER.fullmatch(name):
        return Code.TEMPORARY
    return Code.BACKUP if _BACKUP_FOLDER.fullmatch(name) else None
