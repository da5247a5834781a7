"""Columns that hold personal data."""

from benchmarks.detectors import digits as numbers
from benchmarks.detectors import values as v
from benchmarks.detectors.values import Made
from benchmarks.detectors.words import CITIES, GIVEN, SURNAMES
from scanners.undeclared.detectors.judgement import PersonalKind as Kind

PERSONAL = (
    Made("e-mail addresses", Kind.EMAIL, v.email, ("email", "userEMail")),
    Made("e-mail addresses, a tenth spoilt", Kind.EMAIL, v.dirty(v.email), ("correo",)),
    Made("e-mail addresses in capitals", Kind.EMAIL, lambda r: v.email(r).upper(), ("mail_address",)),
    Made(
        "hashed e-mail addresses", Kind.EMAIL, v.sha256(v.email), ("email_sha256", "hash_email"), mute=False
    ),
    Made("hashed e-mail addresses, mute", Kind.EMAIL, v.sha256(v.email), ("h",), mute=False),
    Made("e-mail in 2% of texts", Kind.EMAIL, v.within(v.email, 0.02), ("comment",)),
    Made("telephone numbers of the world", Kind.PHONE, v.phone, ("phone", "Telefon")),
    Made(
        "telephone numbers without +",
        Kind.PHONE,
        lambda r: "".join(filter(str.isdigit, v.phone(r))),
        ("msisdn", "telefoonnummer"),
        type="bigint",
    ),
    Made("German telephone numbers", Kind.PHONE, v.german_phone, ("Rufnummer",)),
    Made("telephone numbers in 2% of texts", Kind.PHONE, v.within(v.phone, 0.02), ("note",), mute=False),
    Made("given names", Kind.PERSON_NAME, v.one_of(*GIVEN), ("first_name", "prénom")),
    Made("surnames", Kind.PERSON_NAME, v.one_of(*SURNAMES), ("Nachname", "apellido")),
    Made("full names", Kind.PERSON_NAME, v.person, ("full_name", "kundenname")),
    Made("full names of users", Kind.PERSON_NAME, v.person, ("name",), asset="users", mute=False),
    Made(
        "surname, given name",
        Kind.PERSON_NAME,
        lambda r: f"{r.choice(SURNAMES)}, {r.choice(GIVEN)}",
        ("patient_name",),
    ),
    Made("people in texts", Kind.PERSON_NAME, v.about_people, ("call_notes",), mute=False),
    Made("dates of birth", Kind.BIRTH_DATE, v.day("%Y-%m-%d"), ("dateOfBirth", "dob"), type="date"),
    Made("dates of birth, German", Kind.BIRTH_DATE, v.day("%d.%m.%Y"), ("geburtsdatum",)),
    Made("dates of birth, American", Kind.BIRTH_DATE, v.day("%m/%d/%Y"), ("birthday",)),
    Made("years of birth", Kind.BIRTH_DATE, v.day("%Y"), ("birth_year",), type="integer"),
    Made("streets", Kind.ADDRESS, v.street, ("street", "straße", "indirizzo")),
    Made(
        "addresses in one line",
        Kind.ADDRESS,
        lambda r: f"{v.street(r)}, {numbers.digits(r, 5)} {r.choice(CITIES)}",
        ("home_address",),
    ),
    Made("postcodes", Kind.POSTCODE, v.whole(10000, 99999), ("plz", "zip_code")),
    Made("Dutch postcodes", Kind.POSTCODE, v.coded("#### ??"), ("postcode",)),
    Made("card numbers", Kind.CARD, numbers.card, ("card_number", "tarjeta")),
    Made("card numbers in groups", Kind.CARD, v.grouped(numbers.card), ("kreditkarte",)),
    Made("IBANs", Kind.IBAN, numbers.iban, ("iban", "kontonummer")),
    Made("IBANs in groups", Kind.IBAN, v.grouped(numbers.iban), ("bank_account",)),
    Made("IBANs in 3% of texts", Kind.IBAN, v.within(numbers.iban, 0.03), ("purpose",), mute=False),
    *(
        Made(what, Kind.NATIONAL_ID, make, (name,))
        for what, make, name in (
            ("German tax ids", numbers.de_idnr, "steuer_id"),
            ("French NIR", numbers.fr_nir, "nir"),
            ("Spanish DNI", numbers.es_dni, "dni"),
            ("Spanish NIE", numbers.es_nie, "documento_identidad"),
            ("Italian codice fiscale", numbers.it_codice_fiscale, "codice_fiscale"),
            ("Polish PESEL", numbers.pl_pesel, "pesel"),
            ("Dutch BSN", numbers.nl_bsn, "bsn"),
            ("NHS numbers", numbers.gb_nhs, "nhs_number"),
            ("American SSN", numbers.us_ssn, "ssn"),
            ("American SSN without dashes", lambda r: numbers.us_ssn(r).replace("-", ""), "social_security"),
            ("Belgian national numbers", numbers.be_nn, "national_id"),
            ("Finnish identity codes", numbers.fi_hetu, "hetu"),
            ("Swiss AHV numbers", numbers.ch_ahv, "ahv_nr"),
            ("Portuguese NIF", numbers.pt_nif, "nif"),
        )
    ),
    Made("passport numbers", Kind.NATIONAL_ID, v.coded("?########"), ("passport_no",)),
    Made("IPv4 addresses", Kind.IP, v.ipv4, ("ip", "clientIp")),
    Made("IPv6 addresses", Kind.IP, v.ipv6, ("remote_addr",)),
    Made("UUIDs of devices", Kind.DEVICE, v.uuid, ("device_id", "idfa")),
    Made("MAC addresses", Kind.DEVICE, v.mac, ("mac_address",)),
    Made("IMEIs", Kind.DEVICE, lambda r: numbers.luhn("35" + numbers.digits(r, 12)), ("imei",)),
    Made("UUIDs of users", Kind.ACCOUNT, v.uuid, ("user_id",)),
    Made(
        "numbers of users",
        Kind.ACCOUNT,
        v.whole(1, 10**6),
        ("userId", "kundennummer", "id_cliente"),
        type="bigint",
    ),
    Made(
        "ids in a table of customers",
        Kind.ACCOUNT,
        v.whole(1, 10**6),
        ("id",),
        type="bigint",
        asset="customers",
        mute=False,
    ),
    Made(
        "user names",
        Kind.ACCOUNT,
        lambda r: f"{v.plain(r.choice(GIVEN))}{r.randrange(1000)}",
        ("username", "login"),
    ),
    Made(
        "coordinates of homes",
        Kind.LOCATION,
        v.degrees(90, 6),
        ("lat", "home_latitude"),
        type="double",
        mute=False,
    ),
    Made("positions", Kind.LOCATION, v.pair, ("gps", "position")),
    Made("genders", Kind.ATTRIBUTE, v.one_of("f", "m", "d"), ("gender", "Geschlecht"), mute=False),
    Made("nationalities", Kind.ATTRIBUTE, v.one_of("DE", "FR", "PL", "IT"), ("nationality",), mute=False),
    Made("diagnoses", Kind.ATTRIBUTE, v.coded("?##.#"), ("diagnosis",)),
)
