"""Traces that broken erasers leave, each in a folder whose rows of the person are gone already.

A trace gets the folder, its files as they were before the erasure, and the person's e-mail address.
"""

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe

from rtbf_jobs.erasers.parquet_file.thrift import Struct
from scanners.residual import Reason

Trace = Callable[[Path, dict[str, bytes], str], None]


def _kept(path: Path) -> pa.Table:
    return pq.read_table(path)


def _beside(made: Callable[[str], object], kind: pa.DataType | None = None) -> Trace:
    """Keep the person in one more column of every row that stays."""

    def trace(root: Path, _old: dict[str, bytes], who: str) -> None:
        left = _kept(root / "a.parquet")
        column = pa.array([made(who)] * len(left), kind)
        pq.write_table(left.append_column("was", column), root / "a.parquet")

    return trace


def _file(name: str, made: Callable[[dict[str, bytes], str], bytes]) -> Trace:
    """Leave one more file."""

    def trace(root: Path, old: dict[str, bytes], who: str) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(made(old, who))

    return trace


def _footer(path: Path, change: Callable[[bytes, Struct], bytes]) -> None:
    """Write a file's footer anew; `change` gets the bytes before it, and gives those that come before it."""
    raw = path.read_bytes()
    start = len(raw) - 8 - int.from_bytes(raw[-8:-4], "little")
    footer = Struct.read(raw[start:-8])
    body = change(raw[:start], footer)
    told = footer.write()
    path.write_bytes(body + told + len(told).to_bytes(4, "little") + b"PAR1")


def leaves_statistics(root: Path, _old: dict[str, bytes], who: str) -> None:
    """Take the rows, and keep the old minimum."""

    def change(body: bytes, footer: Struct) -> bytes:
        told = footer.get(4).items[0].get(1).items[0].get(3).get(12)
        for number in {2, 6} & set(told.fields):
            told.put(number, told.fields[number][0], who.encode())
        return body

    pq.write_table(_kept(root / "a.parquet"), root / "a.parquet")
    _footer(root / "a.parquet", change)


def leaves_the_page_index(root: Path, _old: dict[str, bytes], who: str) -> None:
    """Take the rows, and keep the old index of pages."""

    def change(body: bytes, footer: Struct) -> bytes:
        chunk = footer.get(4).items[0].get(1).items[0]
        index = Struct.read(body[chunk.get(6) : chunk.get(6) + chunk.get(7)])
        index.get(2).items[0] = who.encode()
        start, length = len(body), len(index.write())
        chunk.put(6, chunk.fields[6][0], start)
        chunk.put(7, chunk.fields[7][0], length)
        return body + index.write()

    pq.write_table(_kept(root / "a.parquet"), root / "a.parquet", write_page_index=True)
    _footer(root / "a.parquet", change)


def leaves_the_dictionary(root: Path, _old: dict[str, bytes], who: str) -> None:
    """Take the rows, and keep the dictionary as it was."""
    left = _kept(root / "a.parquet")
    entries = [*left["mail"].drop_null().to_pylist(), who]
    codes = [None if v is None else entries.index(v) for v in left["mail"].to_pylist()]
    kept = pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(entries))
    new = left.set_column(left.schema.get_field_index("mail"), "mail", kept)
    pq.write_table(new, root / "a.parquet", write_statistics=False)


def leaves_the_old_pages(root: Path, old: dict[str, bytes], _who: str) -> None:
    """Write new pages behind the old ones, which no footer names any more."""
    left = _kept(root / "a.parquet")
    pq.write_table(left, root / "a.parquet", compression="none")
    with_them = root / "x.parquet"
    pq.write_table(pq.read_table(pa.BufferReader(old["a.parquet"])), with_them, compression="none")
    pages = with_them.read_bytes()[4:]
    with_them.unlink()
    _footer(root / "a.parquet", lambda body, _: body + pages)


def leaves_a_note_on_a_field(root: Path, _old: dict[str, bytes], who: str) -> None:
    """Note at the column whose rows went."""
    left = _kept(root / "a.parquet")
    fields = [field.with_metadata({"erased": who}) for field in left.schema]
    pq.write_table(left.cast(pa.schema(fields)), root / "a.parquet")


def puts_the_person_into_a_name(root: Path, _old: dict[str, bytes], who: str) -> None:
    """Name the file for whom it was written."""
    (root / f"mail={quote(who, safe='')}").mkdir()
    (root / "a.parquet").rename(root / f"mail={quote(who, safe='')}" / "a.parquet")


def names_a_column_for_the_person(root: Path, _old: dict[str, bytes], who: str) -> None:
    """Turn rows into columns."""
    left = _kept(root / "a.parquet")
    pq.write_table(left.append_column(who, pa.array([1] * len(left))), root / "a.parquet")


def moves_the_rows(root: Path, _old: dict[str, bytes], who: str) -> None:
    """Take the rows out of their file, and put them into a new one."""
    pl.DataFrame({"mail": [who], "n": [1]}).write_parquet(root / "moved.parquet")


def minds_the_case(root: Path, _old: dict[str, bytes], who: str) -> None:
    """Leave who is spelt otherwise."""
    pl.DataFrame({"mail": [who.title(), None], "n": [5, 6]}).write_parquet(root / "b.parquet")


def minds_the_blanks(root: Path, _old: dict[str, bytes], who: str) -> None:
    """Leave who has a blank behind."""
    pl.DataFrame({"mail": [f"{who} ", None], "n": [5, 6]}).write_parquet(root / "b.parquet")


def renames_the_key(root: Path, old: dict[str, bytes], _who: str) -> None:
    """Keep the rows, under another name of the column."""
    kept = pq.read_table(pa.BufferReader(old["a.parquet"]))
    pq.write_table(kept.rename_columns(["mail_", "n"]), root / "a.parquet")


def changes_the_type(root: Path, old: dict[str, bytes], _who: str) -> None:
    """Keep the rows, with numbers where the key was."""
    kept = pq.read_table(pa.BufferReader(old["a.parquet"]))
    pq.write_table(kept.set_column(0, "mail", pa.array([7, 8, None, 9])), root / "a.parquet")


def packs_the_old_file(root: Path, old: dict[str, bytes], _who: str) -> None:
    """Keep the old file where nobody can look into it."""
    (root / "a.parquet.gz").write_bytes(b"\x1f\x8b\x08\0" + old["a.parquet"])


def links_to_the_old_file(root: Path, old: dict[str, bytes], _who: str) -> None:
    """Keep the old file elsewhere, and a link to it."""
    (root.parent / "elsewhere").write_bytes(old["a.parquet"])
    (root / "a.old").symlink_to(root.parent / "elsewhere")


def is_killed_while_writing(root: Path, old: dict[str, bytes], _who: str) -> None:
    """Leave half a file."""
    (root / "a.parquet").write_bytes(old["a.parquet"][:-20])


def encrypts(root: Path, old: dict[str, bytes], _who: str) -> None:
    """Lock the old rows up in place of erasing them."""
    factory = pe.CryptoFactory(lambda _config: Unwrapped())
    config = pe.EncryptionConfiguration(footer_key="footer", uniform_encryption=True)
    sealed = factory.file_encryption_properties(pe.KmsConnectionConfig(), config)
    pq.write_table(
        pq.read_table(pa.BufferReader(old["a.parquet"])), root / "a.parquet", encryption_properties=sealed
    )


class Unwrapped(pe.KmsClient):
    """A key store of one key, that wraps nothing."""

    def wrap_key(self, key_bytes: bytes, _name: str) -> bytes:
        """Return the key as text."""
        return base64.b64encode(key_bytes)

    def unwrap_key(self, wrapped_key: bytes, _name: str) -> bytes:
        """Return the key."""
        return base64.b64decode(wrapped_key)


def _digest(algorithm: str, who: str) -> bytes:
    return hashlib.new(algorithm, who.encode()).digest()


RESIDUAL: dict[str, Trace] = {
    **{
        trace.__name__: trace
        for trace in (
            *(leaves_statistics, leaves_the_page_index, leaves_the_dictionary, leaves_the_old_pages),
            *(leaves_a_note_on_a_field, puts_the_person_into_a_name, names_a_column_for_the_person),
            *(moves_the_rows, minds_the_case, minds_the_blanks),
        )
    },
    "keeps_the_old_file": _file("a.parquet.bak", lambda old, _who: old["a.parquet"]),
    "keeps_an_old_snapshot": _file("data/00000-1-old.parquet", lambda old, _who: old["a.parquet"]),
    "keeps_a_log_of_whom_it_erased": _file("erased.log", lambda _old, who: f"erased {who}\n".encode()),
    "keeps_a_hash_in_a_log": _file("erased.log", lambda _old, who: _digest("sha256", who).hex().encode()),
    "keeps_a_nested_copy": _beside(lambda who: {"a": [{"b": who}]}),
    "keeps_a_map": _beside(lambda who: [(who, 1)], pa.map_(pa.string(), pa.int8())),
    "keeps_a_sha256": _beside(lambda who: _digest("sha256", who).hex()),
    "keeps_an_md5": _beside(lambda who: _digest("md5", who).hex()),
    "keeps_a_hash_as_bytes": _beside(lambda who: _digest("sha256", who), pa.binary(32)),
    "keeps_base64": _beside(lambda who: base64.b64encode(who.encode()).decode()),
    "keeps_it_percent_encoded": _beside(lambda who: f"/people?who={quote(who, safe='')}"),
    "keeps_it_in_json_in_json": _beside(lambda who: json.dumps({"body": json.dumps({"who": who})})),
    "keeps_it_in_binary": _beside(lambda who: b"\xff\0" + who.encode(), pa.binary()),
    "keeps_it_in_utf_16": _beside(lambda who: who.encode("utf-16-le"), pa.binary()),
}
REFUSED: dict[Trace, Reason] = {
    renames_the_key: Reason.MISSING_COLUMN,
    changes_the_type: Reason.KEY_TYPE,
    packs_the_old_file: Reason.FOREIGN_FILE,
    links_to_the_old_file: Reason.FOREIGN_FILE,
    is_killed_while_writing: Reason.UNREADABLE,
    encrypts: Reason.ENCRYPTED,
}
