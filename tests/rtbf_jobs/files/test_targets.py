"""What a path, a folder or a glob means, and what is named instead of touched."""

import os

import pytest

from rtbf_jobs.files.errors import UsageRefused
from rtbf_jobs.files.left_out import left_out
from rtbf_jobs.files.targets import local_targets

FILES = (
    "a.parquet",
    "b.CSV",
    "deep/er/c.pq",
    "deep/d.parq",
    "notes.txt",
    ".hidden.parquet",
    ".git/e.parquet",
)


@pytest.fixture
def lake(tmp_path):
    """A folder with data files and others."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"12345")
    return tmp_path


def names(lake, given):
    """Return what is meant, with the refused ones marked."""
    found = local_targets(str(given))
    return [f"{'!' if t.refused else ''}{t.path.relative_to(lake)}" for t in found]


def test_a_folder_means_its_data_files_on_every_level(lake):
    assert ["a.parquet", "b.CSV", "deep/d.parq", "deep/er/c.pq"] == names(lake, lake)
    assert {5} == {target.size for target in local_targets(str(lake))}


def test_a_file_a_url_and_a_glob(lake):
    assert ["a.parquet"] == names(lake, lake / "a.parquet")
    assert ["a.parquet"] == names(lake, f"file://{lake}/a.parquet")
    assert ["deep/d.parq"] == names(lake, lake / "deep" / "*.par*")
    assert ["a.parquet", "deep/d.parq", "deep/er/c.pq"] == names(lake, lake / "**" / "*.p*")


def test_a_file_url_is_decoded(lake):
    (lake / "a b.csv").write_text("a\n")
    assert ["a b.csv"] == names(lake, f"file://{lake}/a%20b.csv")


@pytest.mark.parametrize(
    "given", ["s3a://bucket/x", "https://example.com/a.parquet", "S3://bucket/a.parquet"]
)
def test_a_url_of_another_kind_is_wrong_usage(given):
    with pytest.raises(UsageRefused, match="s3://, gs://, az:// or file://"):
        local_targets(given)


def test_a_name_with_signs_of_a_glob_that_is_there_is_that_file(lake):
    (lake / "x[1].csv").write_text("a\n")
    assert ["x[1].csv"] == names(lake, lake / "x[1].csv")


@pytest.mark.parametrize("given", ["missing", "notes.txt", "*.orc"])
def test_nothing_to_erase_in_is_wrong_usage(lake, given):
    """A renamed folder is never a success with zero files."""
    with pytest.raises(UsageRefused):
        local_targets(str(lake / given))


def test_links_are_named_and_not_followed(lake, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "o.parquet").write_bytes(b"1")
    (lake / "folder").symlink_to(outside)
    (lake / "link.parquet").symlink_to(lake / "a.parquet")
    (lake / "dangling.csv").symlink_to(lake / "nowhere")
    assert {"!folder", "!link.parquet", "!dangling.csv"} == {
        name for name in names(lake, lake) if name.startswith("!")
    }


@pytest.mark.parametrize(
    ("log", "refused"),
    [
        ("_delta_log/0.json", {"a.parquet", "b.CSV", "deep/d.parq", "deep/er/c.pq"}),
        ("metadata/v1.metadata.json", {"a.parquet", "b.CSV", "deep/d.parq", "deep/er/c.pq"}),
        ("deep/.hoodie/x", {"deep/d.parq", "deep/er/c.pq"}),
        ("deep/_metadata", {"deep/d.parq"}),
        ("_common_metadata", {"a.parquet", "b.CSV"}),
    ],
)
def test_files_of_tables_and_beside_statistics_are_named(lake, log, refused):
    """Also where the table begins far above what was asked for."""
    (lake / log).parent.mkdir(parents=True, exist_ok=True)
    (lake / log).write_text("{}")
    found = {name[1:] for name in names(lake, lake) if name.startswith("!")}
    assert refused == found
    if "deep/d.parq" in refused:
        assert ["!deep/d.parq"] == names(lake, lake / "deep" / "d.parq")


def test_files_that_their_names_leave_out_are_counted_once(lake):
    """Hidden ones on every level, other endings, links with such a name; no folder, nothing that is taken."""
    (lake / "link.txt").symlink_to(lake / "a.parquet")
    (lake / ".way").symlink_to(lake / "deep")
    taken = {target.path for target in local_targets(str(lake))}
    left = {str(path.relative_to(lake)) for path in left_out(str(lake), taken)}
    assert {"notes.txt", ".hidden.parquet", ".git/e.parquet", "link.txt", ".way"} == left
    taken.add(lake / ".hidden.parquet")
    assert lake / ".hidden.parquet" not in left_out(f"{lake}/", taken)
    assert {lake / "notes.txt"} == left_out(str(lake / "n*"), taken)


def test_a_hidden_folder_that_cannot_be_listed_counts_as_one(lake, monkeypatch):
    taken = {target.path for target in local_targets(str(lake))}
    listing = os.scandir

    def refuse(path):
        if str(path).endswith(".git"):
            raise PermissionError(13, "no", str(path))
        return listing(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert lake / ".git" in left_out(str(lake), taken)
