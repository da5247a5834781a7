"""Lists of ids: every way to give them, and refusals that say where and never what."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lineage_assets.identifiers import Kind
from rtbf_jobs.files.errors import FileRefused, UsageRefused
from rtbf_jobs.files.ids import Ids, read_ids

GIVEN = ("1001", "bob@example.com")


def texts(ids):
    """Return the canonical ids for a column of text."""
    return [sought.value for sought in ids.sought(Kind.TEXT)]


def test_one_a_line_with_blanks_byte_order_mark_and_empty_lines(tmp_path):
    file = tmp_path / "ids.txt"
    file.write_bytes("\ufeff 1001 \r\n\r\n  bob@example.com\n".encode())
    assert list(GIVEN) == texts(read_ids(str(file), None))


def test_standard_input():
    assert list(GIVEN) == texts(read_ids("-", None, given=b"1001\nbob@example.com"))


@pytest.mark.parametrize("values", [pa.array(["7", None, " 8 "]), pa.array([7, 8])])
def test_a_parquet_column_of_text_or_integers(tmp_path, values):
    file = str(tmp_path / "ids.parquet")
    pq.write_table(pa.table({"a": values, "b": [0.5] * len(values)}), file)
    assert ["7", "8"] == texts(read_ids(file, "a"))
    for column in (None, "b", "missing"):
        with pytest.raises(UsageRefused):
            read_ids(file, column)


def test_a_parquet_file_with_one_column_needs_no_name(tmp_path):
    file = str(tmp_path / "ids.parquet")
    pq.write_table(pa.table({"only": [7]}), file)
    assert ["7"] == texts(read_ids(file, None))


def test_a_csv_column(tmp_path):
    file = tmp_path / "ids.csv"
    file.write_text('name,account\n"A, B",7\n,8\n')
    assert ["7", "8"] == texts(read_ids(str(file), "account"))
    with pytest.raises(UsageRefused, match="--ids-column"):
        read_ids(str(file), None)


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xff\xfe\x00"])
def test_no_ids_or_no_text_is_refused(tmp_path, content):
    """Nobody to look for is never success; both commands say it, and one of them does not erase."""
    file = tmp_path / "ids.txt"
    file.write_bytes(content)
    with pytest.raises(UsageRefused, match=r"nothing to look for|not UTF-8 text") as refused:
        read_ids(str(file), None)
    assert "erase" not in str(refused.value)


@pytest.mark.parametrize("name", ["missing.txt", "broken.parquet", "."])
def test_a_file_that_cannot_be_read_is_refused_without_its_name(tmp_path, name):
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    with pytest.raises(UsageRefused) as refused:
        read_ids(str(tmp_path / name), None)
    assert str(tmp_path) not in str(refused.value)


def test_a_text_id_for_an_integer_column_is_refused_by_its_line():
    """S3F2: an int column against a string id deleted nothing, without a word."""
    ids = read_ids("-", None, given=b"7\n\nbob@example.com\n")
    with pytest.raises(FileRefused, match="line 3") as refused:
        ids.sought(Kind.INTEGER)
    assert "bob" not in str(refused.value) + repr(ids)


def test_ids_are_brought_to_one_form_and_counted_once():
    found = read_ids("-", None, given=b"007\n7\n+7\n").sought(Kind.INTEGER)
    assert ["7"] == [sought.value for sought in found]


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (("bob@example.com", "Eve@Example.com "), Kind.EMAIL),
        (("+4930123456", "0049 30 123456"), None),
        (("+49 30 123456",), Kind.PHONE),
        (("6f1e1f1e-0000-4000-8000-000000000001",), Kind.UUID),
        (("u-1", "u-2"), Kind.TEXT),
        (("1001",), None),
        (("1001", "u-2"), None),
        (("bob@example.com", "u-2"), None),
        (("0" * 31 + "1",), None),
    ],
)
def test_what_ids_are_is_guessed_only_where_there_is_no_doubt(given, kind):
    """007 and 7 are one number and two texts: that is for a person to say."""
    ids = Ids(given, tuple("line" for _ in given))
    if kind is None:
        with pytest.raises(FileRefused, match="--kind"):
            ids.only_kind()
    else:
        assert kind is ids.only_kind()


@pytest.mark.parametrize(
    "unclean",
    [
        '"vera@example.org"',
        "vera@example.org;",
        "vera@example.org,700042",
        "mailto:vera@example.org",
        "<vera@example.org>",
        "email=vera@example.org",
    ],
)
@pytest.mark.parametrize("kind", [None, Kind.EMAIL])
def test_an_unclean_line_is_refused_by_its_number_unless_ids_are_text(unclean, kind):
    """It was taken for an address, looked for in vain, and the exit was 0."""
    given = f"o'brien@x.ie\nvera+news@example.org\n{unclean}\n".encode()
    with pytest.raises(UsageRefused, match=r"^line 3 of the ids is not clean: quotes, .* name=") as refused:
        read_ids("-", None, given=given, kind=kind)
    assert "vera" not in str(refused.value)
    assert unclean in texts(read_ids("-", None, given=given, kind=Kind.TEXT))
