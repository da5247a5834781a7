"""Each detector on a column that it must know, and on its look-alikes."""

from random import Random

import pytest

from benchmarks.detectors import digits, values
from scanners.undeclared.detectors import SUSPECT, PersonalKind, Reason, core_detectors
from scanners.undeclared.detectors.account import Account
from scanners.undeclared.detectors.address import Address, Postcode
from scanners.undeclared.detectors.birth_date import BirthDate
from scanners.undeclared.detectors.card import Card
from scanners.undeclared.detectors.column_name import ColumnName
from scanners.undeclared.detectors.device import Device
from scanners.undeclared.detectors.email import Email
from scanners.undeclared.detectors.iban import Iban
from scanners.undeclared.detectors.in_text import InText
from scanners.undeclared.detectors.ip import Ip
from scanners.undeclared.detectors.location import Location
from scanners.undeclared.detectors.national_id import NationalId
from scanners.undeclared.detectors.person_name import PersonName
from scanners.undeclared.detectors.phone import Phone
from scanners.undeclared.detectors.uuid import Uuid

RANDOM = Random(11)


def drawn(make, count=60):
    random = Random(7)
    return [make(random) for _ in range(count)]


FOUND = [
    (Email(), "c1", drawn(values.email), {}, (PersonalKind.EMAIL, Reason.VALUES)),
    (
        Email(),
        "mail",
        [f"  {one} " for one in drawn(values.email)],
        {},
        (PersonalKind.EMAIL, Reason.NAME_AND_VALUES),
    ),
    (Email(), "c1", drawn(values.dirty(values.email)), {}, (PersonalKind.EMAIL, Reason.VALUES)),
    (Phone(None), "c1", drawn(values.phone), {}, (PersonalKind.PHONE, Reason.VALUES)),
    (Phone("DE"), "c1", drawn(values.german_phone), {}, (PersonalKind.PHONE, Reason.VALUES)),
    (
        Phone(None),
        "msisdn",
        ["".join(filter(str.isdigit, one)) for one in drawn(values.phone)],
        {"engine": "bigint"},
        (PersonalKind.PHONE, Reason.NAME_AND_VALUES),
    ),
    (
        InText(),
        "note",
        drawn(values.within(values.email, 0.05), 300),
        {},
        (PersonalKind.EMAIL, Reason.INSIDE_TEXT),
    ),
    (
        InText(),
        "note",
        drawn(values.within(values.phone, 0.05), 300),
        {},
        (PersonalKind.PHONE, Reason.INSIDE_TEXT),
    ),
    (
        InText(),
        "note",
        drawn(values.within(digits.iban, 0.05), 300),
        {},
        (PersonalKind.IBAN, Reason.INSIDE_TEXT),
    ),
    (
        InText(),
        "login",
        drawn(values.mixed(values.email, 0.2)),
        {},
        (PersonalKind.EMAIL, Reason.INSIDE_TEXT),
    ),
    (Iban(), "c1", drawn(digits.iban), {}, (PersonalKind.IBAN, Reason.VALUES)),
    (Card(), "c1", drawn(values.grouped(digits.card)), {}, (PersonalKind.CARD, Reason.VALUES)),
    (Ip(), "c1", drawn(values.ipv4), {}, (PersonalKind.IP, Reason.VALUES)),
    (Ip(), "c1", drawn(values.ipv6), {}, (PersonalKind.IP, Reason.VALUES)),
    (Device(), "c1", drawn(values.mac), {}, (PersonalKind.DEVICE, Reason.VALUES)),
    (Device(), "imei", ["490154203237518"], {}, (PersonalKind.DEVICE, Reason.NAME_AND_VALUES)),
    (Uuid(), "deviceId", drawn(values.uuid), {}, (PersonalKind.DEVICE, Reason.NAME_AND_VALUES)),
    (Account(), "user_id", range(60), {"engine": "bigint"}, (PersonalKind.ACCOUNT, Reason.NAME_AND_VALUES)),
    (
        Account(),
        "id",
        range(60),
        {"engine": "bigint", "asset": "customers"},
        (PersonalKind.ACCOUNT, Reason.NAME_AND_VALUES),
    ),
    (
        PersonName(),
        "prénom",
        ["Zoë", "Jean-Luc", "Małgorzata"],
        {},
        (PersonalKind.PERSON_NAME, Reason.NAME_AND_VALUES),
    ),
    (
        PersonName(),
        "name",
        drawn(values.person),
        {"asset": "users"},
        (PersonalKind.PERSON_NAME, Reason.NAME_AND_VALUES),
    ),
    (
        BirthDate(),
        "dob",
        ["1980-02-29", "01.12.1999", "12/31/1950"],
        {},
        (PersonalKind.BIRTH_DATE, Reason.NAME_AND_VALUES),
    ),
    (
        BirthDate(),
        "birth_year",
        [1950, 2001],
        {"engine": "integer"},
        (PersonalKind.BIRTH_DATE, Reason.NAME_AND_VALUES),
    ),
    (Address(), "c1", drawn(values.street), {}, (PersonalKind.ADDRESS, Reason.VALUES)),
    (Postcode(), "plz", ["10115", "80331"], {}, (PersonalKind.POSTCODE, Reason.NAME_AND_VALUES)),
    (Location(), "c1", drawn(values.pair), {}, (PersonalKind.LOCATION, Reason.VALUES)),
    (
        Location(),
        "home_lat",
        ["52.520008", "-33.868820"],
        {"engine": "double"},
        (PersonalKind.LOCATION, Reason.NAME_AND_VALUES),
    ),
    (ColumnName(), "E-Mail-Adresse", [], {}, (PersonalKind.EMAIL, Reason.NAME)),
    (
        ColumnName(),
        "codice_fiscale_hash",
        drawn(values.sha256(values.email)),
        {},
        (PersonalKind.NATIONAL_ID, Reason.NAME),
    ),
]

NOT_FOUND = [
    (Email(), "c1", drawn(values.package), {}),
    (Email(), "c1", drawn(values.log), {}),
    (Email(), "c1", drawn(values.role), {}),
    (Email(), "email", ["yes", "no"], {}),
    (Phone("DE"), "c1", range(1_701_234_500, 1_701_234_560), {"engine": "bigint"}),
    (Phone("DE"), "c1", drawn(values.instant), {}),
    (Phone(None), "c1", drawn(values.german_phone), {}),
    (InText(), "note", drawn(values.sentence, 300), {}),
    (InText(), "c1", drawn(values.package, 300), {}),
    (InText(), "c1", drawn(values.coded("DE####################"), 400), {}),
    (InText(), "c1", drawn(values.log, 300), {}),
    (InText(), "c1", [f"git@git.example.com:team/{number}.git" for number in range(60)], {}),
    (InText(), "c1", [f"2026-01-01T00:00:{number}+02:00" for number in range(10, 60)], {}),
    (Iban(), "c1", drawn(values.coded("DE####################")), {}),
    (Card(), "c1", drawn(values.coded("4###############")), {}),
    (Card(), "c1", [digits.card(RANDOM)], {}),
    (NationalId(), "c1", drawn(digits.isbn10), {}),
    (NationalId(), "c1", drawn(values.whole(10**8, 10**9)), {"engine": "bigint"}),
    (NationalId(), "c1", drawn(values.whole(10**10, 10**11)), {"engine": "bigint"}),
    (NationalId(), "c1", drawn(digits.nl_bsn, 3), {}),
    (Ip(), "c1", drawn(values.version4), {}),
    (Ip(), "ip", ["10.0.0.1", "192.168.1.4", "127.0.0.1"], {}),
    (Device(), "c1", drawn(values.whole(10**14, 10**15)), {}),
    (Uuid(), "order_id", drawn(values.uuid), {}),
    (Account(), "user_role", drawn(values.one_of("admin", "viewer")), {}),
    (Account(), "user_country", drawn(values.coded("??")), {}),
    (PersonName(), "title", drawn(values.film), {"asset": "films"}),
    (PersonName(), "product_name", drawn(values.film), {}),
    (BirthDate(), "release_date", ["1999-01-01", "2020-05-05"], {"engine": "date"}),
    (BirthDate(), "dob", ["0001-01-01", "2023-02-30"], {}),
    (Address(), "c1", drawn(values.sentence), {}),
    (Postcode(), "c1", drawn(values.whole(10000, 99999)), {}),
    (Location(), "store_lat", drawn(values.degrees(90, 6)), {"engine": "double"}),
    (Location(), "city_lat", drawn(values.degrees(90, 2)), {"engine": "double"}),
    (ColumnName(), "email_verified", ["true"], {"engine": "boolean"}),
    (ColumnName(), "emailing", [], {}),
    (ColumnName(), "phone", ["mobile", "fax"], {"filled": 1000}),
    (ColumnName(), "first_name", range(9), {"engine": "bigint"}),
]


@pytest.mark.parametrize(("detector", "name", "held", "about", "expected"), FOUND)
def test_a_detector_finds_its_kind(column, detector, name, held, about, expected):
    judgement = detector.judge(column(name, held, **about))
    assert ((judgement.kind, judgement.reason), judgement.detector) == (expected, detector.name)
    assert judgement.confidence >= SUSPECT
    assert judgement.kind in detector.kinds


@pytest.mark.parametrize(("detector", "name", "held", "about"), NOT_FOUND)
def test_a_detector_does_not_take_a_look_alike_for_it(column, detector, name, held, about):
    judgement = detector.judge(column(name, held, **about))
    assert judgement is None or judgement.confidence < SUSPECT


@pytest.mark.parametrize(
    "make",
    [
        digits.de_idnr,
        digits.fr_nir,
        digits.es_dni,
        digits.es_nie,
        digits.it_codice_fiscale,
        digits.pl_pesel,
        digits.nl_bsn,
        digits.gb_nhs,
        digits.us_ssn,
        digits.be_nn,
        digits.fi_hetu,
        digits.ch_ahv,
        digits.pt_nif,
    ],
)
def test_a_states_numbers_are_found_by_their_check_digits_computed_here(column, make):
    right = column("c1", drawn(make))
    assert NationalId().judge(right).kind is PersonalKind.NATIONAL_ID
    assert NationalId().judge(right).confidence >= SUSPECT


def test_every_detector_has_a_name_of_its_own_that_can_be_recorded():
    names = [detector.name for detector in core_detectors("DE")]
    assert len(names) == len(set(names))
    assert all(name.replace("_", "").isalpha() and len(name) <= 30 for name in names)
