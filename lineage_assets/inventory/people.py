"""The made-up part: names, e-mail addresses and phone numbers computed from the account number alone.

No value belongs to anybody: domains are reserved for examples (RFC 2606), phone numbers are of the block that
the German regulator keeps free for fiction (030 23125 000 to 999). One person depends on no other, so a lake
built without somebody differs from one that had them by that person only. Names are close to one another on
purpose (Ann, Anna, Anne; Berg, Berger).
"""

import random

_FIRST = (  # noqa: SIM905 - a list literal is one name a line
    "Ada Ann Anna Anne Arne Bela Cleo Dora Emil Emilia Finn Gerda Hugo "
    "Ida Ivo Jan Jana Karl Karla Lena Mia Nils Olga Paul Paula Rosa"
).split()
_LAST = (  # noqa: SIM905
    "Berg Berger Bergmann Brandt Busch Dietz Ebert Falk Fink Graf Haas Hahn Hein Heine "
    "Jung Kern Klee Lang Lange Marx Moll Nagel Otto Pohl Rau Stein Steiner"
).split()

_PHONE_FORMS = (
    "+49 30 23125 {:03}",
    "0049 30 23125{:03}",
    "+49 (0)30 23125-{:03}",
    "+493023125{:03}",
    "+49/30/23125.{:03}",
)


def dice(asset: str, about: object) -> random.Random:
    """Return a source of numbers for one asset and one thing, the same on every machine and in every run."""
    return random.Random(f"{asset}:{about}")  # noqa: S311 - made-up data, not a secret


def first_name(account: int) -> str:
    """Return the made-up first name of an account."""
    return _FIRST[account % len(_FIRST)]


def display_name(account: int) -> str:
    """Return the made-up full name; no two accounts below 702 share one."""
    return f"{first_name(account)} {_LAST[account // len(_FIRST) % len(_LAST)]}"


def email(account: int) -> str:
    """Return the made-up e-mail address in its canonical form."""
    return f"{display_name(account).replace(' ', '.').lower()}@example.{'com' if account % 3 else 'org'}"


def typed_email(account: int) -> str:
    """Return the e-mail address as the person typed it: some in mixed case, some with stray blanks."""
    name, _, domain = email(account).partition("@")
    text = f"{name.title()}@{domain.capitalize()}" if account % 7 == 0 else f"{name}@{domain}"
    return f" {text} " if account % 11 == 0 else text


def phone(account: int, *, form: int = 0) -> str:
    """Return the made-up phone number in one of five written forms of "+493023125..."."""
    return _PHONE_FORMS[(account + form) % len(_PHONE_FORMS)].format(account % 1000)
