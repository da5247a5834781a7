"""Stores that take a conditional write in one piece only (Google, Azure), on obstore's store in memory."""

import os

import pytest
from obstore.store import LocalStore, MemoryStore

from rtbf_jobs.erasers import objects_put
from rtbf_jobs.erasers.errors import FileChanged
from rtbf_jobs.erasers.objects import BLOCK, Place, Stored, StoreRefused
from rtbf_jobs.erasers.objects_put import PutWhole, open_plain
from rtbf_jobs.erasers.parquet_file.recipe import Bytes, Composed, Copy, Layout, Recipe, spool

DATA = bytes(range(256)) * 5000
NEW = Recipe(Layout.SHIFT, (Copy(0, 100, 1_000_000), Bytes(1_000_000, b"footer")))


@pytest.fixture
def place():
    """A store with one object."""
    store = MemoryStore()
    store.put("lake/a.parquet", DATA)
    return Place(asset="file", store=store, prefix="lake", commit=PutWhole("file", store))


def replace(place, source, folder):
    """Put the new object in its place."""
    with spool(folder) as spooled:
        place.commit.replace("lake/a.parquet", source, NEW, Composed(NEW, source, spooled))


@pytest.mark.parametrize(
    ("offset", "length"),
    [(0, 0), (0, 1), (BLOCK - 1, 2), (5, BLOCK - 5), (BLOCK, BLOCK), (3, 3 * BLOCK + 1), (len(DATA) - 4, 4)],
)
def test_ranges_are_read_as_they_are(place, offset, length):
    (stored,) = place.objects()
    assert DATA[offset : offset + length] == place.source(stored).read(offset, length)


@pytest.mark.parametrize(
    ("offset", "length"), [(-1, 2), (0, -1), (len(DATA), 1), (2**70, 1), (0, 2**62), (-BLOCK, BLOCK)]
)
def test_bytes_outside_the_object(place, offset, length):
    """It is the object that is damaged: the store is not asked, and nothing of its own words is told."""
    (stored,) = place.objects()
    with pytest.raises(OSError, match="outside") as caught:
        place.source(stored).read(offset, length)
    assert caught.value.errno is None


def test_an_object_is_replaced_on_condition(place, tmp_path):
    source = place.source(Stored(key="lake/a.parquet", size=0))
    replace(place, source, tmp_path)
    assert DATA[100:1_000_100] + b"footer" == bytes(place.store.get("lake/a.parquet").bytes())
    with pytest.raises(FileChanged):
        replace(place, source, tmp_path)


def test_a_foreign_write_is_kept(place, tmp_path):
    """Also one of the same length, which only its ETag tells apart."""
    source = place.source(Stored(key="lake/a.parquet", size=0))
    source.read(0, len(DATA))
    place.store.put("lake/a.parquet", DATA[::-1])
    with pytest.raises(FileChanged):
        replace(place, source, tmp_path)
    assert DATA[::-1] == bytes(place.store.get("lake/a.parquet").bytes())


def test_an_object_too_large_for_one_piece_is_refused(place, tmp_path, monkeypatch):
    monkeypatch.setattr(objects_put, "WHOLE_LIMIT", 1000)
    source = place.source(Stored(key="lake/a.parquet", size=0))
    with pytest.raises(StoreRefused, match="too large"):
        replace(place, source, tmp_path)


def test_a_store_with_conditions_passes_and_keeps_no_canary(place):
    place.commit.check_conditions("lake/")
    assert ["lake/a.parquet"] == [stored.key for stored in place.objects()]


def test_a_store_without_conditions_is_refused(tmp_path):
    """A folder as obstore sees it takes no condition at all."""
    with pytest.raises(StoreRefused):
        PutWhole("file", LocalStore(tmp_path)).check_conditions("")
    assert [] == list(tmp_path.iterdir())


class Ignoring(MemoryStore):
    """A store that takes every write, as some do without a word."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.kept = {}

    def put(self, path, file, **_options):
        """Take it."""
        self.kept[path] = file

    def delete(self, paths):
        """Forget it."""
        del self.kept[paths]


def test_a_store_that_ignores_conditions_is_refused_and_keeps_no_canary(monkeypatch):
    store = Ignoring()
    monkeypatch.setattr(objects_put.obstore, "put", lambda store, *given, **more: store.put(*given, **more))
    monkeypatch.setattr(objects_put.obstore, "delete", lambda store, path: store.delete(path))
    with pytest.raises(StoreRefused, match="ignores conditions"):
        PutWhole("file", store).check_conditions("lake/")
    assert {} == store.kept


@pytest.mark.parametrize("scheme", ["gs", "az"])
def test_a_url_is_a_bucket_and_what_is_below(monkeypatch, scheme):
    """Azure's account is in the environment; the URL begins with the container."""
    monkeypatch.setenv("GOOGLE_SKIP_SIGNATURE", "true")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "account")
    monkeypatch.setenv("AZURE_SKIP_SIGNATURE", "true")
    places = [open_plain(scheme, rest, "file") for rest in ("bucket", "bucket/x/y")]
    assert [("", None), ("x/y", None)] == [(place.prefix, place.store.prefix) for place in places]


def test_a_url_that_cannot_be_used_is_told_without_it(monkeypatch):
    for name in [name for name in os.environ if name.startswith("AZURE_")]:
        monkeypatch.delenv(name)
    with pytest.raises(StoreRefused) as refused:
        open_plain("az", "container", "file")
    assert "container" not in str(refused.value)
