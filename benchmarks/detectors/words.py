"""The words that columns of the corpus are built from: given names, surnames, streets, things."""


def _words(text: str) -> list[str]:
    return text.split()


GIVEN = _words(
    "Anna Ben Clara David Elif Felix Giulia Hugo Ines Jakub Katarzyna Lars María Noah Olga Paulo "
    "Quentin Rosa Søren Théo Ulrike Víctor Wanda Xavier Yasmin Zoë João Małgorzata Jürgen Siobhán Aoife "
    "Björn Chloé Dimitri Ebru François Gökhan Håkon Ivana José"
)
SURNAMES = _words(
    "Müller Schmidt Dupont García Rossi Kowalski Jansen Silva Smith O'Brien Nguyen Öztürk Fernández "
    "Bianchi Nowak deVries Santos Johnson Meyer Lefèvre Moreau López Romano Wiśniewska Bakker Pereira "
    "Brown Hoffmann Petit Martínez Esposito Wójcik Visser Costa Taylor Weber Laurent Sánchez Ricci "
    "Zieliński"
)
STREETS = [
    "Hauptstraße",
    "Lindenweg",
    "Berliner Str.",
    "Rue de la Paix",
    "Avenue Victor Hugo",
    "Calle Mayor",
    "Avenida del Sol",
    "Via Roma",
    "Viale Garibaldi",
    "Dorpsstraat",
    "Kerklaan",
    "ulica Długa",
    "ul. Polna",
    "Rua Augusta",
    "High Street",
    "Church Road",
    "Park Avenue",
    "Mill Lane",
]
ADJECTIVES = _words(
    "Silver Golden Last Secret Broken Quiet Red Lost Hidden Electric Northern Paper Blue Final"
)
THINGS = _words(
    "River Mountain Letter Kettle Garden Bicycle Empire Lamp Harbour Engine Chair Winter Tower Island"
)
CITIES = _words(
    "Berlin Paris Madrid Roma Warszawa Lisboa Amsterdam London Dublin Wien Porto Lyon Hamburg Gdynia"
)
DOMAINS = _words(
    "example.com example.org mail.example.net post.example.de correo.example.es poczta.example.pl"
)
SENTENCES = (
    "The parcel arrived two days late.",
    "Please restart the pump before the next shift.",
    "Great value for money, would buy again!",
    "Temperature above the limit, valve closed.",
    "The update fixed the crash on start.",
    "Colour is a little darker than in the picture.",
    "Timeout after 30 seconds, retried twice.",
    "Works as described; the manual could be better.",
)
