"""`rtbf verify FILE --key PUB`: check a certificate offline, without a database and without Dagster."""

import json
from pathlib import Path
from typing import Any

from rtbf_desk.verify_key import of_another_ledger, why_no_key
from rtbf_ledger.certificate import SIZE_LIMIT, Certificate, verify
from rtbf_ledger.certificate_text import render, summary
from rtbf_ledger.errors import CertificateInvalid, KeyFileInvalid
from rtbf_ledger.signing_keys import load_verifier_key

VALID, NOT_VALID, USAGE = 0, 1, 2
OTHER_LEDGER = "; by its own words another key signed it: is the key given that of another ledger?"


def run(file: Path, key: Path | None, as_json: bool) -> tuple[int, str]:  # noqa: FBT001
    """Check a certificate file with a public key file and return exit code and output.

    Args:
        file: the certificate.
        key: the public key file, come by some other way than the certificate; never one from inside it.
        as_json: whether the output is one JSON object instead of text.

    Returns:
        0 and the certificate in words; 1 and what does not hold; 2 and what is missing, when there is
        no key, a key that is not one, or a file that cannot be read. The output ends in a newline.
    """
    if key is None:
        return _usage("no public key given\nhint: --key PUB, with the key the controller published", as_json)
    try:
        verifier = load_verifier_key(key)
        data = _read(file)
    except KeyFileInvalid as error:
        return _usage(why_no_key(_read(key), str(error)), as_json)
    except OSError as error:
        return _usage(f"cannot read {error.filename}: {error.strerror}", as_json)
    vkey = verifier.to_vkey()
    try:
        certificate = verify(data, vkey)
    except CertificateInvalid as error:
        why = f"{error}{OTHER_LEDGER if of_another_ledger(data, verifier) else ''}"
        return NOT_VALID, _output({"valid": False, "why": why}, f"Not valid: {why}", as_json)
    return VALID, _valid(certificate, vkey, as_json)


def _read(file: Path) -> bytes:
    """Read a file, and one byte more than a certificate can have at most."""
    with file.open("rb") as opened:
        return opened.read(SIZE_LIMIT + 1)


def _valid(certificate: Certificate, vkey: str, as_json: bool) -> str:  # noqa: FBT001
    said = {"valid": True, "key": vkey, "certificate": summary(certificate)}
    return _output(said, f"Valid, signed with the key\n{vkey}\n\n{render(certificate)}", as_json)


def _usage(why: str, as_json: bool) -> tuple[int, str]:  # noqa: FBT001
    return USAGE, _output({"valid": None, "why": why}, why, as_json)


def _output(value: dict[str, Any], text: str, as_json: bool) -> str:  # noqa: FBT001
    shown = json.dumps(value, indent=2, ensure_ascii=False) if as_json else text
    return shown.rstrip("\n") + "\n"
