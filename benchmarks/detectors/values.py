"""The made part of the corpus: columns of personal data, and look-alikes that are not.

Everything is drawn from one seed. Each maker gives one value; a column is hundreds of them, made distinct.
"""

import hashlib
import re
import string
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import phonenumbers

from benchmarks.detectors import digits as numbers
from benchmarks.detectors.words import (
    ADJECTIVES,
    DOMAINS,
    GIVEN,
    SENTENCES,
    STREETS,
    SURNAMES,
    THINGS,
)
from scanners.undeclared.detectors.judgement import PersonalKind as Kind

Make = Callable[[Random], str]


@dataclass(frozen=True)
class Made:
    """One kind of column: how a value is made, under which names it stands, in which asset.

    `mute` says whether it is also built under a name that tells nothing.
    """

    what: str
    kind: Kind | None
    make: Make
    names: tuple[str, ...]
    type: str = "varchar"
    asset: str = "t1"
    mute: bool = True


def plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.translate(str.maketrans("øłß'", "ols-")))
    return "".join(char for char in folded if char.isascii() and not unicodedata.combining(char)).lower()


def email(random: Random) -> str:
    given, surname = plain(random.choice(GIVEN)), plain(random.choice(SURNAMES))
    sign = random.choice([".", "_", "", "+"])
    return f"{given}{sign}{surname}{random.randrange(1000)}@{random.choice(DOMAINS)}"


def dirty(make: Make, share: float = 0.1) -> Make:
    """Return a maker that spoils a share of its values: cut off, or a word instead."""

    def spoilt(random: Random) -> str:
        value = make(random)
        if random.random() >= share:
            return value
        return random.choice([value[: len(value) // 2], "unknown", "n/a"]) + str(random.randrange(10**6))

    return spoilt


def grouped(make: Make) -> Make:
    """Return a maker that writes in groups of four."""
    return lambda random: " ".join(re.findall(".{1,4}", make(random)))


def mixed(make: Make, share: float) -> Make:
    """Return a maker of which only a share of the values is of the kind, the others codes."""
    other = coded("%%%%##")
    return lambda random: make(random) if random.random() < share else other(random)


def within(make: Make, share: float) -> Make:
    """Return a maker of sentences of which a share has such a value in it."""

    def text(random: Random) -> str:
        said = f"{random.choice(SENTENCES)} {random.choice(SENTENCES)} ({random.randrange(10**6)})"
        return f"{said} Reach me under {make(random)}, thanks." if random.random() < share else said

    return text


def phone(random: Random) -> str:
    """A number of one of all regions: the region's example with other last digits, in either spelling."""
    while True:
        region = random.choice(sorted(phonenumbers.SUPPORTED_REGIONS))
        base = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
        if base is None:
            continue
        number = phonenumbers.PhoneNumber(
            country_code=base.country_code,
            national_number=base.national_number // 1000 * 1000 + random.randrange(1000),
        )
        if phonenumbers.is_valid_number(number):
            form = random.choice(
                [phonenumbers.PhoneNumberFormat.E164, phonenumbers.PhoneNumberFormat.INTERNATIONAL]
            )
            return phonenumbers.format_number(number, form)


def german_phone(random: Random) -> str:
    return f"{random.choice(['030', '089', '040', '0221'])} {numbers.digits(random, 7, '23456789')}"


def person(random: Random) -> str:
    return f"{random.choice(GIVEN)} {random.choice(SURNAMES)}"


def uuid(random: Random) -> str:
    return str(UUID(int=random.getrandbits(128), version=4))


def mac(random: Random) -> str:
    return ":".join(f"{random.randrange(256):02x}" for _ in range(6))


def ipv4(random: Random) -> str:
    return f"{random.choice([31, 46, 62, 77, 80, 91])}." + ".".join(
        str(random.randrange(256)) for _ in range(3)
    )


def ipv6(random: Random) -> str:
    return "2a02:" + ":".join(f"{random.randrange(65536):x}" for _ in range(7))


def day(form: str) -> Make:
    return lambda random: numbers.born(random).strftime(form)


def instant(random: Random) -> str:
    at = datetime(2021, 1, 1, tzinfo=UTC) + timedelta(seconds=random.randrange(10**8))
    return at.strftime("%Y-%m-%d %H:%M:%S")


def street(random: Random) -> str:
    way, number = random.choice(STREETS), random.randint(1, 240)
    return f"{number} {way}" if way.split()[0] in {"High", "Church", "Park", "Mill"} else f"{way} {number}"


def degrees(most: int, places: int) -> Make:
    return lambda random: f"{random.uniform(-most, most):.{places}f}"


def pair(random: Random) -> str:
    return f"{random.uniform(36, 60):.6f},{random.uniform(-9, 24):.6f}"


def sha256(make: Make) -> Make:
    return lambda random: hashlib.sha256(make(random).encode()).hexdigest()


def whole(low: int, high: int) -> Make:
    return lambda random: str(random.randrange(low, high))


def one_of(*values: str) -> Make:
    return lambda random: random.choice(values)


def coded(form: str) -> Make:
    """Return a maker by a pattern: # is a digit, ? a capital letter, % a lower-case one."""
    pools = {"#": string.digits, "?": string.ascii_uppercase, "%": string.ascii_lowercase}
    return lambda random: "".join(random.choice(pools[char]) if char in pools else char for char in form)


def film(random: Random) -> str:
    return f"The {random.choice(ADJECTIVES)} {random.choice(THINGS)}{random.choice(['', ' Returns', ' II'])}"


def company(random: Random) -> str:
    return f"{random.choice(SURNAMES)} {random.choice(THINGS)} {random.choice(['GmbH', 'Ltd', 'SA', 'SpA'])}"


def sentence(random: Random) -> str:
    return f"{random.choice(SENTENCES)} {random.choice(SENTENCES)} [{random.randrange(10**5)}]"


def about_people(random: Random) -> str:
    return f"Spoke to {person(random)} about the invoice. {random.choice(SENTENCES)}"


def version(random: Random) -> str:
    return ".".join(str(random.randrange(30)) for _ in range(3))


def version4(random: Random) -> str:
    return ".".join(str(random.randrange(1, 40)) for _ in range(4))


def package(random: Random) -> str:
    name = f"{random.choice(THINGS)}-{random.choice(ADJECTIVES)}".lower()
    return random.choice([f"@scope/{name}@{version(random)}", f"{name}@{version(random)}", f"{name}@latest"])


def log(random: Random) -> str:
    who = random.choice(["root", "deploy", "git"])
    return f"{who}@web-{random.randrange(400)} sshd[{random.randrange(9999)}]"


def role(random: Random) -> str:
    box = random.choice(["info", "support", "sales", "noreply", "billing"])
    return f"{box}@{random.choice(THINGS).lower()}{random.randrange(50)}.example.com"
