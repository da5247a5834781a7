"""The key folder: one 0700 folder outside every database and backup, one 0600 file a key.

master.key            wraps the data keys of the vault
tombstone.key         MACs of the suppression list
receipt.key           digests in receipts, and of swept files
index.key             hashes in the sidecar indexes
desk.key              signs the form tokens of the web desk
signing.pem           Ed25519, signs checkpoints and certificates
vault/<request>.key   one wrapped data key a request, destroyed when the request ends
vault/<handle>.key    one a handle, destroyed when it is filed or expires
pseudonym/<name>.key  the named keys of pseudonymised columns
"""

import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rtbf_ledger.errors import KeyFolderError

KEY_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class KeyFolder:
    """An open key folder."""

    path: Path
    randomness: Callable[[int], bytes] = field(repr=False)

    @classmethod
    def open(cls, path: Path, randomness: Callable[[int], bytes]) -> "KeyFolder":
        """Open the folder, made on first use.

        Raises:
            KeyFolderError: others can read it.
        """
        for folder in (path, path / "vault", path / "pseudonym"):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if folder.stat().st_mode & 0o077:
                raise KeyFolderError(f"key folder {folder.name}: others may enter it; chmod 700 it")
        return cls(path=path, randomness=randomness)

    def named(self, name: str) -> bytes:
        """Return a 32-byte key of the folder ("master", "pseudonym/training"), made on first use.

        Raises:
            KeyFolderError: the name is no key name, or the file is not ours alone.
        """
        if not re.fullmatch(r"(pseudonym/)?[a-z0-9][a-z0-9_-]{0,60}", name):
            raise KeyFolderError("key folder: a key name is lower-case letters, digits, '-' and '_'")
        file = self.path / f"{name}.key"
        if not file.exists():
            write_new(file, self.randomness(KEY_BYTES))
        return read_private(file)

    @property
    def vault(self) -> Path:
        """The folder of the requests' wrapped data keys."""
        return self.path / "vault"


def read_private(file: Path) -> bytes:
    """Return the bytes of a 0600 file.

    Raises:
        KeyFolderError: the file is missing, or others may read it.
    """
    try:
        if file.stat().st_mode & 0o077:
            raise KeyFolderError(f"key {file.stem}: others may read it; chmod 600 it")
        return file.read_bytes()
    except FileNotFoundError:
        raise KeyFolderError(f"key {file.stem}: not in the key folder") from None


def write_new(file: Path, content: bytes) -> None:
    """Write a 0600 file that does not exist yet, durably; whoever comes second leaves it alone."""
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".new", dir=file.parent)
    beside = Path(name)
    with os.fdopen(handle, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(beside, file)
    except FileExistsError:
        pass
    finally:
        beside.unlink()
    sync_folder(file.parent)


def shred(file: Path, randomness: Callable[[int], bytes]) -> None:
    """Destroy a key file: overwrite, fsync, unlink, fsync the folder. A missing file is already destroyed."""
    try:
        with file.open("r+b") as out:
            out.write(randomness(file.stat().st_size))
            out.flush()
            os.fsync(out.fileno())
    except FileNotFoundError:
        return
    file.unlink()
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename or unlink in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
