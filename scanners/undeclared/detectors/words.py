"""The words that names of columns are made of, by kind: eight languages, accents folded (ß is ss, ø is o).

A phrase is a row of whole tokens, never a substring: `email` is in `user_email`, not in `emailing`. German
and Dutch compounds are one token. A strong phrase is enough for a suspicion; a weak one needs values or a
context.
"""

from collections.abc import Mapping
from types import MappingProxyType

from scanners.undeclared.detectors.judgement import PersonalKind

Phrase = tuple[str, ...]


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


def _phrases(text: str) -> frozenset[Phrase]:
    return frozenset(tuple(one.split()) for one in text.split(",") if one.strip())


STRONG: Mapping[PersonalKind, frozenset[Phrase]] = MappingProxyType(
    {
        PersonalKind.EMAIL: _phrases(
            "email, e mail, emails, emailaddress, email address, mail address, mailadresse, emailadresse,"
            "adresse mail, courriel, adresse electronique, correo, correo electronico, posta elettronica,"
            "indirizzo email, emailadres, mailadres, adres email, poczta elektroniczna, correio eletronico,"
            "endereco email, endereco de email"
        ),
        PersonalKind.PHONE: _phrases(
            "phone, phones, phonenumber, phone number, telephone, telefon, telefonnummer, telefono, telefone,"
            "telefoon, telefoonnummer, tel nr, tel no, mobile number, mobilephone, mobilnummer, mobiltelefon,"
            "handy, handynummer, rufnummer, movil, cellulare, celular, telemovel, numer telefonu, komorka,"
            "msisdn, fax, faxnummer, whatsapp, cell phone, cellphone, mobiel, numero de tel"
        ),
        PersonalKind.PERSON_NAME: _phrases(
            "first name, firstname, given name, givenname, forename, last name, lastname, surname,"
            "family name,"
            "full name, fullname, middle name, maiden name, fname, lname, vorname, nachname, familienname,"
            "geburtsname, prenom, nom de famille, nom famille, apellido, apellidos, nombre completo,"
            "primer nombre, nome completo, cognome, voornaam, achternaam, imie, nazwisko, imie i nazwisko,"
            "sobrenome, apelido, primeiro nome, ultimo nome, customer name, client name, patient name,"
            "person name, employee name, contact name, passenger name, kundenname, nom client, nom du client,"
            "nombre cliente, nombre del cliente, cardholder, cardholder name, karteninhaber, kontoinhaber,"
            "recipient name, nome cliente, nome do cliente, klantnaam"
        ),
        PersonalKind.BIRTH_DATE: _phrases(
            "birth date, birthdate, date of birth, dob, birthday, birth day, born on, born, birth year, yob,"
            "year of birth, geburtsdatum, geburtstag, geburtsjahr, geb datum, date naissance,"
            "date de naissance, annee naissance, fecha nacimiento, fecha de nacimiento, data nascita,"
            "data di nascita, geboortedatum, data urodzenia, data nascimento, data de nascimento"
        ),
        PersonalKind.ADDRESS: _phrases(
            "street, street address, streetname, street name, home address, postal address, address line,"
            "shipping address, billing address, delivery address, strasse, strassenname, hausnummer,"
            "house number, anschrift, lieferadresse, rechnungsadresse, wohnort, adresse postale, rue, calle,"
            "direccion, domicilio, indirizzo, straat, straatnaam, huisnummer, woonadres, ulica,"
            "adres zamieszkania, rua, endereco, morada"
        ),
        PersonalKind.POSTCODE: _phrases(
            "zip, zipcode, zip code, postcode, post code, postal code, postalcode, plz, postleitzahl,"
            "code postal, codigo postal, codice postale, kod pocztowy"
        ),
        PersonalKind.IBAN: _phrases(
            "iban, bank account, bank account number, bankverbindung, kontonummer, konto nr, compte bancaire,"
            "cuenta bancaria, conto bancario, coordinate bancarie, bankrekening, rekeningnummer, numer konta,"
            "conta bancaria"
        ),
        PersonalKind.CARD: _phrases(
            "card number, cardnumber, card no, credit card, creditcard, kreditkarte, kreditkartennummer,"
            "kartennummer, carte bancaire, numero carte, numero de carte, tarjeta, numero tarjeta,"
            "carta di credito, numero carta, kaartnummer, numer karty, cartao, numero cartao, ccn"
        ),
        PersonalKind.NATIONAL_ID: _phrases(
            "ssn, social security, social security number, national id, national insurance number, nino,"
            "tax id, taxid, tax number, steuer id, steuerid, steuernummer, steuer identifikationsnummer,"
            "sozialversicherungsnummer, personalausweis, ausweisnummer, nir, numero securite sociale,"
            "numero de securite sociale, dni, nif, documento identidad, codice fiscale, codicefiscale, bsn,"
            "burgerservicenummer, pesel, numer pesel, cpf, passport, passport number, passport no, reisepass,"
            "passnummer, passeport, pasaporte, passaporto, paspoort, paspoortnummer, paszport, passaporte,"
            "personnummer, nhs number, aadhaar, driver license, driving licence, fuehrerschein,"
            "id card number"
        ),
        PersonalKind.IP: _phrases(
            "ip, ip address, ipaddress, ipaddr, ip addr, remote addr, remote ip, client ip, source ip, ipv 4,"
            "ipv 6, ip adresse, adresse ip, direccion ip, indirizzo ip, ip adres, adres ip, endereco ip,"
            "x forwarded for"
        ),
        PersonalKind.DEVICE: _phrases(
            "device id, deviceid, device uuid, device identifier, imei, imsi, mac address, macaddress,"
            "mac addr,"
            "idfa, idfv, gaid, advertising id, android id, udid, cookie id, browser fingerprint, geraete id,"
            "geraet id, geraeteid, id appareil, id dispositivo, apparaat id, id urzadzenia, push token"
        ),
        PersonalKind.ACCOUNT: _phrases(
            "user id, userid, user ids, customer id, customerid, customer number, customer no, account id,"
            "accountid, member id, client id, patient id, subject id, person id, employee id, subscriber id,"
            "player id, visitor id, viewer id, guest id, buyer id, student id, passenger id, username,"
            "user name, login, login name, nickname, kundennummer, kunden nr, kunden id, kundenid, kunde id,"
            "benutzer id, benutzername, nutzer id, personalnummer, mitarbeiter id, matrikelnummer, id client,"
            "numero client, identifiant, id utilisateur, id usuario, usuario, nombre de usuario, id cliente,"
            "codigo cliente, id utente, nome utente, codice cliente, gebruiker id, gebruikersnaam, klant id,"
            "klantnummer, id uzytkownika, nazwa uzytkownika, id klienta, numer klienta, id utilizador,"
            "id do cliente, nome de utilizador, screen name"
        ),
        PersonalKind.LOCATION: _phrases(
            "geolocation, gps, gps position, home location, user location, latlon"
        ),
        PersonalKind.ATTRIBUTE: _phrases(
            "gender, sex, geschlecht, sexe, genero, sesso, geslacht, plec, sexo, religion, konfession,"
            "ethnicity, nationality, staatsangehoerigkeit, nationalite, nacionalidad, nazionalita,"
            "nationaliteit, obywatelstwo, nacionalidade, marital status, familienstand, etat civil,"
            "estado civil, stato civile, burgerlijke staat, stan cywilny, diagnosis, diagnose, blood type,"
            "sexual orientation, disability, union member"
        ),
    }
)

WEAK: Mapping[PersonalKind, frozenset[Phrase]] = MappingProxyType(
    {
        PersonalKind.EMAIL: _phrases("mail, recipient, sender, from, to, cc, bcc"),
        PersonalKind.PHONE: _phrases("tel, mobile, mobil, cell, gsm, caller, callee, contact"),
        PersonalKind.PERSON_NAME: _phrases(
            "name, names, nom, nombre, nome, naam, nazwa, author, owner, contact, person, employee,"
            "passenger,"
            "recipient, sender, signed by, created by"
        ),
        PersonalKind.BIRTH_DATE: _phrases("birth, naissance, nacimiento, nascita, nascimento, age, alter"),
        PersonalKind.ADDRESS: _phrases("address, adresse, adres, addr, via, location"),
        PersonalKind.POSTCODE: _phrases("cap, cep, postal, post"),
        PersonalKind.IBAN: _phrases("account, account number, konto, compte, cuenta, conto, rekening, conta"),
        PersonalKind.CARD: _phrases("card, karte, carte, pan, payment method"),
        PersonalKind.NATIONAL_ID: _phrases(
            "tin, nie, id number, document, document number, identity, ausweis"
        ),
        PersonalKind.IP: _phrases("remote host, host, addr, peer"),
        PersonalKind.DEVICE: _phrases(
            "device, mac, cookie, fingerprint, session id, sessionid, serial number"
        ),
        PersonalKind.ACCOUNT: _phrases(
            "id, uid, user, customer, account, member, client, patient, subject, viewer, handle, kunde,"
            "nutzer, benutzer, account number, utilisateur, cliente, utente, klant, gebruiker, klient,"
            "uzytkownik"
        ),
        PersonalKind.LOCATION: _phrases(
            "lat, latitude, lon, lng, long, longitude, geo, coordinates, coords, location, position, latlng,"
            "latlong, breitengrad, laengengrad, koordinaten, coordonnees, latitud, longitud, latitudine,"
            "longitudine"
        ),
        PersonalKind.ATTRIBUTE: _phrases("race, health, ethnic, disease, party"),
    }
)

PEOPLE = words(
    "customer client user person people patient employee member subscriber contact passenger student "
    "guest profile account kunde kunden nutzer benutzer mitarbeiter personen personne utilisateur cliente "
    "usuario persona utente klant klanten gebruiker klient klienci uzytkownik osoba osoby pessoa employe "
    "empleado dipendente werknemer pracownik applicant candidate voter resident crm recipient subject"
)
"""Tables or structs so named hold people; a plural s is dropped before looking here."""

OF_PEOPLE_ONLY = frozenset({("id",), ("from",), ("to",), ("age",), ("contact",)})
"""Phrases too common to count outside such a table or struct."""

NUMBERING = words("id no nr num number key ref code hash uuid")
"""What may follow a weak word for a person: `customer_ref` is one, `customer_country` is not."""

THINGS = words(
    "store shop branch company vendor supplier warehouse hotel restaurant product support office merchant "
    "filiale firma tienda magasin negozio winkel sklep loja server gateway airport station film movie "
    "song file column table brand team event project campaign category department domain dns subnet city "
    "country region state bank item sku order invoice venue school course book plant species chemical "
    "gene currency language game device"
)
"""What is so named belongs to a thing: a strong phrase counts as a weak one."""

ABOUT = words(
    "verified valid validated validation count cnt type length len opt optin optout status flag is has "
    "sent version format template provider bounced clicks opened enabled allowed domain prefix rate ratio "
    "avg mean sum total min max score lang language confirmed required consent permission class kind "
    "label model size color speed price created updated modified at"
)
"""What is so named is about the value and not the value: `email_verified`, `phone_type`, `ip_version`."""
