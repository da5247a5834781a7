"""Numbers with check digits, computed here and not by the library that the detectors check them with."""

import string
from datetime import date
from random import Random

_LETTERS_DNI = "TRWAGMYFPDXBNJZSQVHLCKE"
_HETU = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_IBANS = {"DE": "18n", "FR": "10n11x2n", "ES": "20n", "NL": "4a10n", "PL": "24n", "AT": "16n", "BE": "12n"}
_CF_MONTHS = "ABCDEHLMPRST"
_CF_FIRST = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
_CF_LAST = (2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_CF_ODD = dict(
    zip(
        string.digits + string.ascii_uppercase,
        (*_CF_FIRST, *_CF_LAST),
        strict=True,
    )
)


def digits(random: Random, count: int, first: str = string.digits) -> str:
    """Return random digits, the first one out of `first`."""
    return random.choice(first) + "".join(random.choices(string.digits, k=count - 1))


def luhn(body: str) -> str:
    """Append the Luhn digit (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return body + str(-total % 10)


def card(random: Random) -> str:
    """Visa, Mastercard or American Express."""
    begin, length = random.choice([("4", 16), ("51", 16), ("55", 16), ("37", 15)])
    return luhn(begin + digits(random, length - len(begin) - 1))


def _structure(random: Random, form: str) -> str:
    out, number = "", ""
    for char in form:
        if char.isdigit():
            number += char
            continue
        pool = {"n": string.digits, "a": string.ascii_uppercase, "x": string.digits + string.ascii_uppercase}
        out += "".join(random.choices(pool[char], k=int(number)))
        number = ""
    return out


def iban(random: Random) -> str:
    """An IBAN of one of seven countries; ISO 13616, mod 97."""
    country, form = random.choice(sorted(_IBANS.items()))
    body = _structure(random, form)
    check = 98 - int("".join(str(int(char, 36)) for char in f"{body}{country}00")) % 97
    return f"{country}{check:02}{body}"


def born(random: Random) -> date:
    """A day between 1935 and 2006."""
    return date.fromordinal(random.randrange(date(1935, 1, 1).toordinal(), date(2006, 12, 31).toordinal()))


def de_idnr(random: Random) -> str:
    """German tax identification number: one digit twice among ten, ISO 7064 mod 11,10."""
    while True:
        pool = random.sample(string.digits, 9)
        body = [*pool, random.choice(pool)]
        random.shuffle(body)
        if body[0] != "0":
            break
    product = 10
    for digit in body:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return "".join(body) + str((11 - product) % 10)


def fr_nir(random: Random) -> str:
    """French NIR: sex, year, month, department, commune, order, key mod 97."""
    day = born(random)
    body = f"{random.choice('12')}{day:%y%m}{random.randint(1, 19):02}{random.randint(1, 600):03}"
    body += f"{random.randint(1, 998):03}"
    return f"{body}{97 - int(body) % 97:02}"


def es_dni(random: Random) -> str:
    """Spanish DNI: eight digits and a letter mod 23."""
    number = random.randrange(10_000_000, 99_999_999)
    return f"{number}{_LETTERS_DNI[number % 23]}"


def es_nie(random: Random) -> str:
    """Spanish NIE: X, Y or Z, seven digits and a letter mod 23."""
    begin, number = random.randrange(3), random.randrange(10**7)
    return f"{'XYZ'[begin]}{number:07}{_LETTERS_DNI[(begin * 10**7 + number) % 23]}"


def it_codice_fiscale(random: Random) -> str:
    """Italian codice fiscale: letters of the names, date, place, check letter."""
    day, consonants = born(random), "BCDFGLMNPRSTV"
    body = "".join(random.choices(consonants, k=6))
    body += f"{day:%y}{_CF_MONTHS[day.month - 1]}{day.day + random.choice((0, 40)):02}"
    body += random.choice("ABCDEFGHIL") + f"{random.randint(1, 899):03}"
    odd = sum(_CF_ODD[char] for char in body[::2])
    even = sum(int(char) if char.isdigit() else ord(char) - 65 for char in body[1::2])
    return body + string.ascii_uppercase[(odd + even) % 26]


def pl_pesel(random: Random) -> str:
    """Polish PESEL: date with the century in the month, weights 1 3 7 9."""
    day = born(random)
    month = day.month + (20 if day.year >= 2000 else 0)
    body = f"{day:%y}{month:02}{day:%d}{digits(random, 4)}"
    total = sum(int(digit) * (1, 3, 7, 9)[place % 4] for place, digit in enumerate(body))
    return body + str(-total % 10)


def nl_bsn(random: Random) -> str:
    """Dutch BSN: nine digits, the elfproef."""
    while True:
        body = digits(random, 8, "123456789")
        check = sum(int(digit) * (9 - place) for place, digit in enumerate(body)) % 11
        if check < 10:
            return body + str(check)


def gb_nhs(random: Random) -> str:
    """British NHS number: ten digits, mod 11."""
    while True:
        body = digits(random, 9, "4")
        check = -sum(int(digit) * (10 - place) for place, digit in enumerate(body)) % 11
        if check < 10:
            return body + str(check)


def isbn10(random: Random) -> str:
    """ISBN-10: the NHS number's check digit, and X for ten."""
    body = digits(random, 9, "01379")
    check = -sum(int(digit) * (10 - place) for place, digit in enumerate(body)) % 11
    return body + ("X" if check == 10 else str(check))


def ean13(random: Random, first: str = "40") -> str:
    """EAN-13 and ISBN-13: weights 1 and 3."""
    body = first + digits(random, 12 - len(first))
    total = sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(body))
    return body + str(-total % 10)


def us_ssn(random: Random) -> str:
    """American social security number in its written form."""
    area = random.choice([number for number in range(1, 900) if number != 666])
    return f"{area:03}-{random.randint(1, 99):02}-{random.randint(1, 9999):04}"


def be_nn(random: Random) -> str:
    """Belgian national number: date, order, 97 minus mod 97."""
    day = born(random)
    body = f"{day:%y%m%d}{random.randint(1, 997):03}"
    check = 97 - int(f"2{body}" if day.year >= 2000 else body) % 97
    return f"{body}{check:02}"


def fi_hetu(random: Random) -> str:
    """Finnish personal identity code: date, century sign, order, mod 31."""
    day, order = born(random), random.randint(2, 899)
    check = _HETU[int(f"{day:%d%m%y}{order:03}") % 31]
    return f"{day:%d%m%y}{'A' if day.year >= 2000 else '-'}{order:03}{check}"


def ch_ahv(random: Random) -> str:
    """Swiss AHV number: an EAN-13 that begins with 756."""
    plain = ean13(random, "756")
    return f"{plain[:3]}.{plain[3:7]}.{plain[7:11]}.{plain[11:]}"


def pt_nif(random: Random) -> str:
    """Portuguese NIF of a person: nine digits, mod 11."""
    body = digits(random, 8, "12")
    check = 11 - sum(int(digit) * (9 - place) for place, digit in enumerate(body)) % 11
    return body + str(check if check < 10 else 0)


def gb_nino(random: Random) -> str:
    """British national insurance number: two letters, six digits, A to D."""
    return f"{random.choice('ABCEHJ')}{random.choice('ABCEHJ')}{digits(random, 6)}{random.choice('ABCD')}"


def de_kvnr(random: Random) -> str:
    """German health insurance number: a letter, eight digits, weights 1 and 2 with cross sums."""
    letter, body = random.choice(string.ascii_uppercase), digits(random, 8)
    weighted = [int(one) * (1, 2)[place % 2] for place, one in enumerate(f"{ord(letter) - 64:02}{body}")]
    return f"{letter}{body}{sum(one // 10 + one % 10 for one in weighted) % 10}"


def sg_fin(random: Random) -> str:
    """Singapore's FIN of the series F: weights 2 7 6 5 4 3 2."""
    body = digits(random, 7)
    total = sum(int(one) * weight for one, weight in zip(body, (2, 7, 6, 5, 4, 3, 2), strict=True))
    return f"F{body}{'XWUTRQPNMLK'[total % 11]}"
