"""What cannot be searched whole is a failure that names the asset; no message holds a value or a path."""

import os
import stat
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mangled import taken_apart

from lineage_assets.declarations import Declaration
from lineage_assets.declaring import in_text, pseudonym
from lineage_assets.identifiers import Kind, Namespace, Sought
from rtbf_jobs.erasers.parquet_file.thrift import STRUCT, TRUE, Listed
from scanners.errors import HINTS, ScannerError
from scanners.residual import CouldNotLook, Reason, connect, linked, scan
from scanners.residual.scan import guarded, looking
from scanners.residual.tables import groups_of
from scanners.residual.thrift import ThriftError, read_struct

SECRET = "bob@secret.example"
ANN = Sought(namespace="account", value="4242424242", request=3)
MAIL = Sought(namespace="email", value=SECRET, request=4)


def write(order, table, name="part-0.parquet"):
    """Write a table into the order's folder, and return its path."""
    pq.write_table(pa.table(table), order.root / name)
    return order.root / name


def refused(look, order):
    """Scan, and return the failure; whatever it is, it shows no value, no path and no engine text."""
    with pytest.raises(CouldNotLook) as caught:
        look(order)
    error = caught.value
    shown = f"{error}{error!r}{error.args}{vars(error)}"
    for hidden in (SECRET, ANN.value, str(order.root), "part-0", "Error:", "read_parquet"):
        assert hidden not in shown
    assert (error.asset, error.__cause__, error.__context__) == ("watched", None, None)
    assert str(error).startswith("asset watched: ")
    assert str(error).endswith(f"\nhint: {HINTS[error.reason]}")
    return error


def test_every_reason_has_a_hint():
    """A message without a hint is half a message."""
    assert set(HINTS) == set(Reason)
    assert issubclass(CouldNotLook, ScannerError)


def test_missing_folder(order, look):
    """An asset that was never written, or elsewhere."""
    asked = order((ANN,), {"user": "account"})

    assert refused(look, replace(asked, root=asked.root / "gone")).reason is Reason.MISSING_FOLDER


@pytest.mark.parametrize("path", ["user", "User.id", "user.id", "user[]", "who.user", "who[]"])
def test_renamed_column_is_no_null(order, look, path):
    """One file of two lacks the key: never NULLs, always a failure; names count in their case."""
    asked = order((ANN,), {path: "account"})
    write(asked, {"User": [1], "who": [{"id": 1}], "users": [1]})

    error = refused(look, asked)

    assert error.reason is Reason.MISSING_COLUMN
    assert repr(path) in str(error)


def test_renamed_column_in_the_second_file(order, look):
    """Every footer is checked, not the first one's."""
    asked = order((ANN,), {"user": "account"})
    write(asked, {"user": [1]}, "a.parquet")
    write(asked, {"user_id": [1]}, "b.parquet")

    assert refused(look, asked).reason is Reason.MISSING_COLUMN


@pytest.mark.parametrize(
    ("column", "namespace"),
    [
        *[(pa.array([1], kind), "email") for kind in (pa.int64(), pa.uint8())],
        *[
            (pa.array([1], kind), "account")
            for kind in (pa.float64(), pa.float32(), pa.timestamp("us"), pa.date32())
        ],
        *[(pa.array([1]).cast(pa.decimal128(19)), "account"), (pa.array([True]), "account")],
        *[(pa.array([b"x"]), "email"), (pa.array([["x"]]), "email"), (pa.array([{"a": 1}]), "account")],
        *[(pa.array([1]), pseudonym("account", hmac_key="training")), (pa.array([1]), in_text("account"))],
    ],
)
def test_type_that_cannot_hold_the_kind(order, look, column, namespace):
    """A text id against an integer column would match nothing without a word: it fails instead."""
    asked = order((ANN, MAIL), {"user": namespace}, erasure="no_action")
    write(asked, {"user": column})

    error = refused(look, asked)

    assert (error.reason, error.requests) == (Reason.KEY_TYPE, ())


@pytest.mark.parametrize("kind", [pa.int8(), pa.int16(), pa.int32(), pa.uint8(), pa.uint16(), pa.uint32()])
def test_identifier_that_overflows_the_column(order, look, kind):
    """The request whose identifier does not fit is named; the others of its batch could go on."""
    large = replace(ANN, value=str(2**32), request=3)
    asked = order((large, replace(ANN, value="7", request=9)), {"user": "account"})
    write(asked, {"user": pa.array([7], kind)})

    error = refused(look, asked)

    assert (error.reason, error.requests) == (Reason.KEY_TYPE, (3,))


@pytest.mark.parametrize("content", [b"PAR1", b"PAR1 not a table at all PAR1", b"no magic"])
def test_damaged_parquet(order, look, content):
    """Truncated, garbled, or no Parquet under its name."""
    asked = order((ANN,), {"user": "account"})
    (asked.root / "part-0.parquet").write_bytes(content)

    assert refused(look, asked).reason is Reason.UNREADABLE


def test_damaged_page_names_the_one_file(order, look):
    """A good footer over broken pages; two files of one layout, and the broken one is named."""
    asked = order((ANN,), {"user": "account"})
    table = {"user": list(range(5000)), "note": [f"text {i}" for i in range(5000)]}
    write(asked, table, "a.parquet")
    path = write(asked, table, "b.parquet")
    data = bytearray(path.read_bytes())
    data[4:2000] = b"\xff" * 1996
    path.write_bytes(data)

    error = refused(look, asked)

    assert (error.reason, "file 2 of 2" in str(error)) == (Reason.UNREADABLE, True)


def test_truncated_leftover_is_loud(order, look):
    """A half-written temporary file may hold anything."""
    asked = order((ANN,), {"user": "account"})
    whole = write(asked, {"user": [1]})
    (asked.root / ".part.tmp").write_bytes(whole.read_bytes()[:-20])

    assert refused(look, asked).reason is Reason.UNREADABLE


@pytest.mark.parametrize(
    ("field", "said"),
    [(3, 5), (4, Listed(STRUCT, [])), (2, Listed(STRUCT, [])), (5, Listed(TRUE, [True] * 3))],
    ids=["rows", "row groups", "schema", "metadata"],
)
def test_footer_that_contradicts_itself(order, look, field, said):
    """Other rows than row groups have, none of them, no schema, fields of another type."""
    asked = order((ANN,), {"user": "account"})
    path = write(asked, {"user": [4242424242]})
    parts = taken_apart(path.read_bytes())
    parts.footer.fields[field] = (parts.footer.fields[field][0], said)
    path.write_bytes(parts.closed(parts.footer.write()))

    assert refused(look, asked).reason is Reason.UNREADABLE


def test_thrift_of_more_elements_than_bytes():
    """A list of truth values, each of no byte at the end, would be counted to the end of time."""
    with pytest.raises(ThriftError):
        read_struct(b"\x19\xf1\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 0)
    with pytest.raises(ThriftError):
        read_struct(b"\x16" + b"\xff" * 1000, 0)


def test_thrift_with_a_field_twice():
    """Engines merge the two: what they were checked for is not what they would read."""
    with pytest.raises(ThriftError):
        read_struct(bytes([0x15, 2, 0x05, 2, 4, 0]), 0)


@pytest.mark.parametrize("content", [b"PARE....PARE", b"PAR1....PARE"])
def test_encrypted_footer(order, look, content):
    """Encrypted Parquet says so by its magic."""
    asked = order((ANN,), {"user": "account"})
    (asked.root / "part-0.parquet").write_bytes(content)

    assert refused(look, asked).reason is Reason.ENCRYPTED


def test_link_is_foreign(order, look, tmp_path):
    """A link to a file or a folder is not followed and not passed over."""
    asked = order((ANN,), {"user": "account"})
    outside = write(replace(asked, root=tmp_path), {"user": [1]})
    for target in (outside, tmp_path, tmp_path / "nowhere"):
        (asked.root / "link").symlink_to(target)
        assert refused(look, asked).reason is Reason.FOREIGN_FILE
        (asked.root / "link").unlink()


def test_pipe_and_packed_files_are_foreign(order, look):
    """What cannot be looked into is no proof of absence."""
    asked = order((ANN,), {"user": "account"})
    os.mkfifo(asked.root / "pipe")
    assert refused(look, asked).reason is Reason.FOREIGN_FILE
    (asked.root / "pipe").unlink()
    (asked.root / "old.csv.gz").write_bytes(b"\x1f\x8b\x08\0abc")
    assert refused(look, asked).reason is Reason.FOREIGN_FILE


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"user,mail\n1,{SECRET},x\n", Reason.UNREADABLE),
        (f"user,mail\n1,{SECRET}\n2\n", Reason.UNREADABLE),
        (f'user,mail\n1,"{SECRET}\n', Reason.UNREADABLE),
        ("user,user\n1,2\n", Reason.UNREADABLE),
        (f"id,mail\n1,{SECRET}\n", Reason.MISSING_COLUMN),
        ("\n", Reason.UNREADABLE),
        (f'"user,mail\n1,{SECRET}\n', Reason.UNREADABLE),
        (f'user,"mail\n1,{SECRET}\n"\n', Reason.UNREADABLE),
        (f"user,{'m' * 200_000}\n1,{SECRET}\n", Reason.UNREADABLE),
    ],
)
def test_csv_that_is_not_whole(order, look, text, reason):
    """Ragged rows, an open quote, a column twice, a renamed key; a header that would swallow the rows."""
    asked = order((ANN,), {"user": "account"}, format="csv")
    (asked.root / "part-0.csv").write_text(text)

    assert refused(look, asked).reason is reason


def test_csv_in_another_encoding(order, look):
    """Latin-1 is not guessed at."""
    asked = order((ANN,), {"user": "account"}, format="csv")
    (asked.root / "part-0.csv").write_bytes("user,mail\n1,J\xfcrgen\n".encode("latin-1"))

    assert refused(look, asked).reason is Reason.UNREADABLE


@pytest.mark.parametrize("change", ["touch", "grow", "vanish", "replace"])
def test_file_that_changes_while_it_is_read(order, connection, change):
    """A file is compared with its listing after its group was read; here a writer strikes in between."""
    asked = order((ANN,), {"user": "account"})
    path = write(asked, {"user": [1]})
    (asked.root / "a.txt").write_text("read first, so that progress is told before the table is read")

    def strike(done, total):
        """Change the file as another process would."""
        if change == "vanish":
            path.unlink(missing_ok=True)
        elif change == "replace":
            write(asked, {"user": [1]}, "new.parquet").rename(path)
        elif change == "grow":
            pq.write_table(pa.table({"user": [1, 2]}), path)
        else:
            os.utime(path, ns=(1, 1))

    error = refused(lambda asked: scan(asked, connection=connection, progress=strike), asked)

    assert error.reason is Reason.CHANGED_WHILE_READ


def test_named_key_that_is_not_there(order, look):
    """A pseudonym column without its key cannot be searched."""
    asked = order((ANN,), {"user": pseudonym("account", hmac_key="lost")})
    write(asked, {"user": ["0" * 64]})

    assert refused(look, asked).reason is Reason.MISSING_KEY


def test_pattern_that_the_engine_cannot_read(order, look):
    """Python has look-aheads, RE2 has none."""
    odd = {"odd": Namespace(name="odd", kind=Kind.TEXT, distinctive="(?=x)x")}
    asked = order((Sought(namespace="odd", value="x", request=0),), namespaces=odd)
    write(asked, {"note": ["x"]})

    assert refused(look, asked).reason is Reason.ENGINE


def test_engine_error_that_holds_a_value_stays_inside(order, connection):
    """DuckDB's conversion errors print the value; ours does not, and does not chain it."""
    asked = order((MAIL,), {"mail": "email"})
    write(asked, {"mail": [SECRET]})

    def convert(group):
        """Provoke the error."""
        return connection.execute(f"SELECT CAST(c0 AS INTEGER) FROM {group.sql(links)}").fetchall()

    with looking(asked, connection) as state:
        links = state.links
        group = next(groups_of(asked, state.files))
        with pytest.raises(duckdb.ConversionException, match=SECRET):
            convert(group)
        error = refused(lambda _: guarded(state, group, convert), asked)

    assert error.reason is Reason.ENGINE


def test_links_need_their_keys(order, connection):
    """A silent empty answer would lose people."""
    asked = order((ANN,), {"user": "account", "hash": pseudonym("device", hmac_key="training")})
    write(asked, {"user": [1], "hash": ["0" * 64]})

    for source, target in (("email", "account"), ("account", "device")):
        assert (
            refused(lambda o, s=source, t=target: linked(o, s, t, connection), asked).reason
            is Reason.MISSING_COLUMN
        )
    with pytest.raises(CouldNotLook):
        linked(asked, "email", "account", connection)


def test_failed_scan_leaves_nothing_behind(order, look, connection):
    """No registered table of identifiers, no temporary table, no folder of links survives a failure."""
    asked = order((ANN, MAIL), {"user": "account"}, format="csv")
    (asked.root / "a.csv").write_text("user,mail\n1,2,3\n")
    before = connection.execute("SELECT table_name FROM duckdb_tables() UNION ALL FROM (SELECT view_name FROM"
                                " duckdb_views() WHERE NOT internal)").fetchall()  # fmt: skip
    refused(look, asked)

    after = connection.execute("SELECT table_name FROM duckdb_tables() UNION ALL FROM (SELECT view_name FROM"
                               " duckdb_views() WHERE NOT internal)").fetchall()  # fmt: skip
    assert (before, after) == ([], [])


def test_connection_is_private(tmp_path, order):
    """The spill folder is 0700, nothing is fetched, and with roots nothing else can be opened."""
    asked = order((ANN,), {"user": "account"})
    write(asked, {"user": [4242424242]})
    other = write(replace(asked, root=tmp_path), {"user": [1]}, "other.parquet")
    with connect(tmp_path / "spill", threads=1, memory="200MB", roots=[asked.root]) as opened:
        folder = Path(opened.execute("SELECT current_setting('temp_directory')").fetchone()[0])
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert scan(asked, connection=opened, progress=lambda *_: None).owners == {3: 1}
        with pytest.raises(duckdb.PermissionException):
            opened.execute("FROM read_parquet($p)", {"p": str(other)})
        assert list(folder.iterdir()) == []


def test_asset_without_subject_data_needs_no_keys(order, look):
    """Such an asset is searched for strong identifiers only, whatever its columns are."""
    asked = replace(order((MAIL,)), declaration=Declaration(subject=False, because="counts"))
    write(asked, {"anything": [1]})

    assert look(asked).clean
