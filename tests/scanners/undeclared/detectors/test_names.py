import pytest

from scanners.undeclared.detectors.judgement import PersonalKind
from scanners.undeclared.detectors.names import Hint, hints, tokens


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("userEMail", ("user", "email")),
        ("user_e_mail", ("user", "e", "mail")),
        ("EMAILAddress", ("email", "address")),
        ("Geräte-ID", ("geraete", "id")),
        ("Straße", ("strasse",)),
        ("prénom", ("prenom",)),
        ("imię", ("imie",)),
        ("address2", ("address", "2")),
        ("", ()),
    ],
)
def test_a_name_is_split_at_signs_and_capitals_and_loses_its_accents(name, split):
    assert tokens(name)[-len(split) :] == split if split else tokens(name) == ()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("email", PersonalKind.EMAIL),
        ("correo_electronico", PersonalKind.EMAIL),
        ("Telefonnummer", PersonalKind.PHONE),
        ("téléphone", PersonalKind.PHONE),
        ("cellulare", PersonalKind.PHONE),
        ("Vorname", PersonalKind.PERSON_NAME),
        ("apellidos", PersonalKind.PERSON_NAME),
        ("nazwisko", PersonalKind.PERSON_NAME),
        ("achternaam", PersonalKind.PERSON_NAME),
        ("dataDiNascita", PersonalKind.BIRTH_DATE),
        ("data_urodzenia", PersonalKind.BIRTH_DATE),
        ("endereço", PersonalKind.ADDRESS),
        ("code_postal", PersonalKind.POSTCODE),
        ("rekeningnummer", PersonalKind.IBAN),
        ("burgerservicenummer", PersonalKind.NATIONAL_ID),
        ("remote_addr", PersonalKind.IP),
        ("MAC-Address", PersonalKind.DEVICE),
        ("id_utilisateur", PersonalKind.ACCOUNT),
        ("customer.name", PersonalKind.PERSON_NAME),
        ("contacts[].phone", PersonalKind.PHONE),
        ("phones{value}", PersonalKind.PHONE),
    ],
)
def test_a_clear_word_in_any_of_eight_languages_is_a_strong_hint(name, kind):
    assert hints(name)[kind] is Hint.STRONG


@pytest.mark.parametrize(
    "name",
    [
        "emailing",
        "microphone",
        "zipper",
        "email_verified",
        "email.verified",
        "has_phone",
        "phone_type",
        "stripe",
    ],
)
def test_a_part_of_a_word_or_a_word_about_the_value_is_no_hint(name):
    assert not hints(name)


def test_the_longer_phrase_wins_over_one_inside_it():
    assert set(hints("mac_address")) == {PersonalKind.DEVICE}
    assert set(hints("email_address")) == {PersonalKind.EMAIL}


def test_a_thing_makes_a_strong_word_weak_and_a_table_of_people_a_weak_one_strong():
    assert hints("store_phone")[PersonalKind.PHONE] is Hint.WEAK
    assert hints("name", "films")[PersonalKind.PERSON_NAME] is Hint.WEAK
    assert hints("name", "users")[PersonalKind.PERSON_NAME] is Hint.STRONG
    assert PersonalKind.ACCOUNT not in hints("id", "orders")
