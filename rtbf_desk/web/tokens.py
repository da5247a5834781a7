"""The token in every form: a signed double-submit cookie (OWASP), so no session is stored anywhere.

The cookie and the form's hidden field carry the same token: a nonce, and its HMAC under a key of the key
folder. Another site can neither read nor make one, and the browser does not send the cookie with its POST.
"""

import hashlib
import hmac
import re

COOKIE = "rtbf_form"
FIELD = "token"
NONCE_BYTES = 16
_TOKEN = re.compile(r"[0-9a-f]{32}\.[0-9a-f]{64}")


def fresh(key: bytes, nonce: bytes) -> str:
    """Return a token made of a nonce."""
    text = nonce.hex()
    return f"{text}.{hmac.new(key, text.encode(), hashlib.sha256).hexdigest()}"


def ours(key: bytes, token: str) -> bool:
    """Say whether a token was made with the key."""
    if not _TOKEN.fullmatch(token):
        return False
    return hmac.compare_digest(token, fresh(key, bytes.fromhex(token.partition(".")[0])))


def same(cookie: str, field: str) -> bool:
    """Say whether cookie and field carry the same token."""
    return hmac.compare_digest(cookie.encode(), field.encode())
