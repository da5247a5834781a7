"""What base64 makes of bytes inside longer ones."""

import base64


def letters_inside(plain: bytes, shortest: int) -> set[bytes]:
    """Return what base64 always makes of bytes, whatever stands before and after them.

    Six bits make a letter: of the three ways that bytes can fall on them, each is cut to the letters that no
    neighbour has a bit in.

    Args:
        plain: the bytes.
        shortest: fewer letters than these are left out.
    """
    found = set()
    for before in range(3):
        first, last = -(-before * 8 // 6), (before + len(plain)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            letters = encode(bytes(before) + plain)[first:last]
            if len(letters) >= shortest:
                found.add(letters)
    return found
