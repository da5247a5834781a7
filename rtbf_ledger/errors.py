"""What can go wrong with what is remembered.

LedgerError(Exception)
├── KeyFileInvalid(ValueError)      a signing key or public key file that cannot be used
├── ProofInvalid(ValueError)        a Merkle proof that does not lead to the root it was given
├── CheckpointInvalid(ValueError)   a signed checkpoint that is malformed, or not signed by the key
├── CertificateInvalid(ValueError)  a certificate that must not be believed, or cannot be issued
├── SettingsError(ValueError)       settings that cannot be used
├── WrongLocationError              the ledger belongs to another code location
├── KeyFolderError                  a key that is missing, or that others may read
├── VaultError                      a sealed part that does not open
├── StateError                      a step that a request's state does not allow
│   └── ReadmittedError             it would erase somebody again who came back lawfully
├── DayError(ValueError)            a receipt in the future, or a hold that has ended before it begins
├── UnknownRequestError(LookupError)  no such request, plan, graph or certificate
├── HandleError                     a handle that cannot be filed (any more)
├── LogFieldError(ValueError)       a field that must not enter the log
└── LeaseLostError                  somebody else took over; this run writes nothing more
"""


class LedgerError(Exception):
    """Something remembered cannot be used; the message says which, why, and what to do."""


class KeyFileInvalid(LedgerError, ValueError):
    """A signing key or public key file that cannot be used. The message never holds a secret."""


class ProofInvalid(LedgerError, ValueError):
    """A Merkle proof that does not lead to the root it was given."""


class CheckpointInvalid(LedgerError, ValueError):
    """A signed checkpoint that is malformed, or not signed by the expected key."""


class CertificateInvalid(LedgerError, ValueError):
    """A certificate that must not be believed, or that cannot be issued as it stands."""


class SettingsError(LedgerError, ValueError):
    """Settings that cannot be used."""


class WrongLocationError(LedgerError):
    """The ledger belongs to another code location."""


class KeyFolderError(LedgerError):
    """A key that is missing, or that others may read."""


class VaultError(LedgerError):
    """A sealed part that does not open. The message never holds what was sealed."""


class StateError(LedgerError):
    """A step that a request's state does not allow."""


class ReadmittedError(StateError):
    """A request that a sweep filed would erase somebody again who came back lawfully."""


class DayError(LedgerError, ValueError):
    """A day that cannot be: a receipt in the future, or the end of a hold in the past."""


class UnknownRequestError(LedgerError, LookupError):
    """No such request, plan, graph or certificate."""


class HandleError(LedgerError):
    """A handle that is unknown or has expired: nothing is filed."""


class LogFieldError(LedgerError, ValueError):
    """A field that must not enter the log: the log takes enums, numbers, times, opaque ids and digests."""


class LeaseLostError(LedgerError):
    """Somebody else took over; this run writes nothing more."""
