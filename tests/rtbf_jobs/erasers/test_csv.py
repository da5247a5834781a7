"""Erasing inside CSV files. Truth is the generator's own list of raw records."""

import csv
import io
import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage_assets.declarations import Erasure
from lineage_assets.declaring import in_text, mention, pseudonym
from lineage_assets.identifiers import pseudonym_of
from rtbf_jobs.erasers import EraseRefused, FileChanged, Reason, TripleBroken
from rtbf_jobs.erasers.csv_check import check_rewrite
from rtbf_jobs.erasers.csv_records import survey
from rtbf_jobs.erasers.matching import wanted
from tests.rtbf_jobs.erasers.lake import HMAC_KEYS, order_for, run, snapshot, sought

KEYS = {
    "user": "account",
    "mail": "email",
    "by": mention("account"),
    "note": in_text("email"),
    "j::id": mention("account"),
}
SUBJECTS = (sought("account", "42"), sought("email", "bob@x.com", 1), sought("account", "9", 1, shared=True))
NAMES = ("user", "mail", "by", "note", "j", "rest")

USERS = {"42": True, " 0042": True, "421": False, "4": False, "": False, "9": False, "x": False}
MAILS = {"Bob@X.com ": True, "bob@x.com": True, "bob@x.co": False, "": False, "42": False}
NOTES = {"hi bob@x.com": "", "multi\nline": None, 'say "42"': None, "a;b,c": None, "": None}
JSONS = {'{"id": 42, "n": "é"}': '{"n": "é"}', '{"id": 4}': None, "": None, "broken 41": None}
row = st.tuples(
    st.sampled_from(list(USERS)),
    st.sampled_from(list(MAILS)),
    st.sampled_from(["1", "42", ""]),
    st.sampled_from(list(NOTES)),
    st.sampled_from(list(JSONS)),
    st.sampled_from(["", "x", "é", "'", '"', " "]),
)


def raw(fields, delimiter, end, quote_all):
    """Return a record's text as a CSV writer of the generator's choice writes it."""
    out = io.StringIO()
    quoting = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting).writerow(fields)
    return out.getvalue()


def parse(text, delimiter):
    """Return all rows of a CSV text."""
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


@settings(max_examples=80)
@given(
    rows=st.lists(st.tuples(row, st.booleans()), max_size=10),
    delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n"]),
    bom=st.booleans(),
    last=st.booleans(),
)
def test_untouched_records_keep_their_bytes_and_twice_is_once(rows, delimiter, end, bom, last):
    """Whatever delimiter, quoting, line end and mark: only the subjects' records and mentions change."""
    head = ("\ufeff" if bom else "") + raw(NAMES, delimiter, end, quote_all=False)
    texts = [raw(fields, delimiter, end, quote_all=q) for fields, q in rows]
    whole = head + "".join(texts)
    whole = whole if last else whole.removesuffix(end)
    with tempfile.TemporaryDirectory() as root:
        path = Path(root, "a.csv")
        path.write_bytes(whole.encode())
        receipt, _ = run(order_for(root, KEYS, *SUBJECTS, format="csv"))
        stay = [(f, t) for (f, _), t in zip(rows, texts, strict=True) if not (USERS[f[0]] or MAILS[f[1]])]
        expected = [_unmentioned(fields) for fields, _ in stay]
        after = path.read_bytes().decode()
        assert expected == [tuple(r) for r in parse(after.removeprefix("\ufeff"), delimiter)[1:]]
        kept = "".join(t for (f, t), new in zip(stay, expected, strict=True) if f == new)
        assert all(line in after for line in kept.splitlines())
        assert after.startswith(head.rstrip())
        assert (len(rows) - len(stay)) == receipt.rows_matched
        before = snapshot(root)
        assert () == run(order_for(root, KEYS, *SUBJECTS, format="csv"))[0].files
        assert before == snapshot(root)


def _unmentioned(fields):
    user, mail, by, note, text, rest = fields
    note = note if NOTES[note] is None else NOTES[note]
    return (user, mail, "" if by == "42" else by, note, JSONS[text] or text, rest)


def erase_text(tmp_path, text, keys, **more):
    """Erase from one CSV text and return the new one and the receipt."""
    path = tmp_path / "a.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    receipt, _ = run(order_for(path, keys, *SUBJECTS, format="csv", **more))
    return path.read_bytes().decode(), receipt


def test_only_the_touched_cell_of_a_record_is_rewritten(tmp_path):
    """Quotes and blanks of the other cells stay as they were; the last line stays without an end."""
    text = 'user,by,x\r\n1,"42", "a"\r\n"2", 42 ,"q""q"'
    after, receipt = erase_text(tmp_path, text, {"user": "account", "by": mention("account")})
    assert after == 'user,by,x\r\n1,, "a"\r\n"2",,"q""q"'
    assert (2, 2, 0) == (receipt.mentions_matched, receipt.cells_changed, receipt.rows_matched)


def test_a_mention_that_goes_with_another_subjects_record_counts(tmp_path):
    """Both are erased: the record goes with its owner, and is a mention of the other; one's own is none."""
    keys = {"user": "account", "mail": "email", "by": mention("account"), "cc": mention("email")}
    text = "user,mail,by,cc\n42,,42,bob@x.com\n1,bob@x.com,42,bob@x.com\n1,,42,\n"
    after, receipt = erase_text(tmp_path, text, keys)
    assert after == "user,mail,by,cc\n1,,,\n"
    assert ({0: 1, 1: 1}, {0: 2, 1: 1}) == (dict(receipt.owners), dict(receipt.mentions))
    assert (2, 3, 1) == (receipt.rows_matched, receipt.mentions_matched, receipt.cells_changed)


def test_redaction_empties_cells_and_keeps_rows(tmp_path):
    """Only cells that held something count as changed."""
    more = {"erasure": Erasure.REDACT_COLUMNS, "redact": ["user", "name"]}
    after, receipt = erase_text(
        tmp_path, "user,name,n\n42,Bob,1\n42,,2\n1,Al,3\n", {"user": "account"}, **more
    )
    assert after == "user,name,n\n,,1\n,,2\n1,Al,3\n"
    assert (2, 3, 3) == (receipt.rows_matched, receipt.cells_changed, receipt.files[0].rows_after)


def test_redacting_the_only_column_keeps_the_row(tmp_path):
    """An empty line would be read as no row at all."""
    more = {"erasure": Erasure.REDACT_COLUMNS, "redact": ["user"]}
    after, _ = erase_text(tmp_path, "user\n42\n1\n", {"user": "account"}, **more)
    assert after == 'user\n""\n1\n'


def test_file_that_becomes_empty_keeps_its_header(tmp_path):
    """Polars reads it with the same columns and no rows."""
    erase_text(tmp_path, "user,n\n42,1\n", {"user": "account"})
    assert (["user", "n"], 0) == ((frame := pl.read_csv(tmp_path / "a.csv")).columns, frame.height)


def test_pseudonyms_and_long_fields(tmp_path):
    """Keyed pseudonyms are keys here too; a field beyond the csv module's own limit is no obstacle."""
    made, long = pseudonym_of("42", HMAC_KEYS["training"]), "x" * 200_000
    limit = csv.field_size_limit()
    after, _ = erase_text(
        tmp_path, f"p,t\n{made},a\nb,{long}\n", {"p": pseudonym("account", hmac_key="training")}
    )
    assert after == f"p,t\nb,{long}\n"
    assert limit == csv.field_size_limit()


def test_blank_lines_stay(tmp_path):
    """They are nobody's, and no rows."""
    after, receipt = erase_text(tmp_path, "user,n\n\n42,1\n\n1,2\n\n", {"user": "account"})
    assert ("user,n\n\n\n1,2\n\n", 2) == (after, receipt.files[0].rows_before)


@pytest.mark.parametrize(
    ("content", "keys", "reason"),
    [
        ("user,n\n42,é\n".encode("latin-1"), {"user": "account"}, Reason.ENCODING),
        ("user,n\n42,1\n".encode("utf-16"), {"user": "account"}, Reason.ENCODING),
        (b"user,n\r42,1\r", {"user": "account"}, Reason.UNREADABLE),
        (b"user,n\n42,1,3\n", {"user": "account"}, Reason.RAGGED),
        (b'user,n\n42,"a\n', {"user": "account"}, Reason.UNREADABLE),
        (b'user,n\n42,"a\\"b"\n', {"user": "account"}, Reason.UNREADABLE),
        (b"account,n\n42,1\n", {"user": "account"}, Reason.MISSING_KEY),
        (b"", {"user": "account"}, Reason.MISSING_KEY),
        (b"user,user\n42,1\n", {"user": "account"}, Reason.AMBIGUOUS_COLUMN),
        (b"user,n\n42,1\n", {"user[]": "account"}, Reason.KEY_TYPE),
        (b"user,n\n42,1\n", {"user": "account", "n.x": "account"}, Reason.KEY_TYPE),
        (b"user,j\n1,{42\n", {"user": "account", "j::id": mention("account")}, Reason.BROKEN_JSON),
    ],
)
def test_refusals_come_before_any_byte(tmp_path, content, keys, reason):
    """A guess could take a stranger's row: a good file beside the bad one is not touched either."""
    (tmp_path / "a.csv").write_bytes(b"user,n,j\n42,1,\n" if "j" not in str(keys) else b"user,j\n42,\n")
    (tmp_path / "b.csv").write_bytes(content)
    before = snapshot(tmp_path)
    with pytest.raises(EraseRefused) as told:
        run(order_for(tmp_path, keys, *SUBJECTS, format="csv"))
    assert (reason, before) == (told.value.reason, snapshot(tmp_path))
    assert [True, False, False] == [w in str(told.value) for w in ("watch_events", "42", str(tmp_path))]


def test_file_changed_under_us_is_left_alone(tmp_path):
    """A line appended meanwhile is not lost, and no temporary is left."""
    path = tmp_path / "a.csv"
    path.write_text("user\n42\n")

    def late_writer():
        path.write_text("user\n42\n43\n")

    with pytest.raises(FileChanged):
        run(order_for(tmp_path, {"user": "account"}, *SUBJECTS, format="csv"), late_writer)
    assert ("user\n42\n43\n", ["a.csv"]) == (path.read_text(), [p.name for p in tmp_path.iterdir()])


@pytest.mark.parametrize(
    ("new", "redact", "holds"),
    [
        ("user,by,n\n1,,1\n2,3,2\n", False, True),
        ("user,by,n\n1,42,1\n2,3,2\n", False, False),
        ("user,by,n\n42,1,0\n1,,1\n2,3,2\n", False, False),
        ("user,by,n\n1,,9\n2,3,2\n", False, False),
        ("user,by,n\n1,,1\n2,4,2\n", False, False),
        ("user,by,n\n1,,1\n", False, False),
        ("user,by,n\n1,,1\n2,3,2\n2,3,2\n", False, False),
        ("user,by,m\n1,,1\n2,3,2\n", False, False),
        ('user,by,n\n1,,1\n"2",3,2\n', False, False),
        (",1,\n1,,1\n2,3,2\n", True, True),
        (",1,0\n1,,1\n2,3,2\n", True, False),
        (",7,\n1,,1\n2,3,2\n", True, False),
    ],
)
def test_broken_twins_are_found(tmp_path, new, redact, holds):
    """The proof passes the right file and no other."""
    path = tmp_path / "a.csv"
    path.write_text("user,by,n\n42,1,0\n1,42,1\n2,3,2\n")
    more = {"erasure": Erasure.REDACT_COLUMNS, "redact": ["user", "n", "by"][:2]} if redact else {}
    keys = {"user": "account"} if redact else {"user": "account", "by": mention("account")}
    order = order_for(path, keys, *SUBJECTS, format="csv", **more)
    (found,) = survey(order, wants := wanted(order))[1]
    (tmp_path / "new").write_text(new if not redact else "user,by,n\n" + new.replace("1,,1", "1,42,1"))
    try:
        check_rewrite(order, wants, found, tmp_path / "new")
    except TripleBroken:
        assert not holds
    else:
        assert holds
