"""The project as a package: what is shipped, what is pinned, and what is said when a tool is missing."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
PACKAGES = {
    "dagster_rtbf",
    "lineage_assets",
    "rtbf_desk",
    "rtbf_jobs",
    "rtbf_ledger",
    "scanners",
    "sensors",
}
NOT_SHIPPED = ("definitions.py", "lineage_assets/inventory/", "tests/", "docs/", "dagster.yaml")
NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "build", "dist")
# What a Linux or macOS system has at its top; any other name there is this machine's own.
SYSTEM_FOLDERS = {
    *("bin", "boot", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "lost+found", "media", "mnt"),
    *("opt", "proc", "root", "run", "sbin", "selinux", "snap", "srv", "sys", "tmp", "usr", "var"),
    *("Applications", "Library", "System", "Users", "Volumes", "cores", "private"),
}
PIN = re.compile(r"^([a-z0-9][a-z0-9.-]*)==([^ ;\\]+)", re.MULTILINE)


def _project_files() -> list[Path]:
    """Return the files that are in git or about to be, without the ignored ones."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def _machine_paths() -> re.Pattern[str]:
    """Return a pattern of what only a path of somebody's machine looks like."""
    own = {each.name for each in Path("/").iterdir() if each.is_dir()} - SYSTEM_FOLDERS
    starts = [re.escape(str(ROOT)), *(f"/{re.escape(name)}" for name in sorted(own) if name[0] != ".")]
    homes = ["/home/[a-z]", "/root", "/Users/[A-Za-z]"]
    return re.compile(rf"(?<![\w./}})\]-])(?:{'|'.join(starts + homes)})(?:[\w.-]*/|\b(?![\w.-]))")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Build the wheel from a copy of the tree; seconds, since nothing is fetched."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT, folder / "tree", ignore=NOT_COPIED)
    shutil.copy(ROOT / ".gitignore", folder / "tree")
    command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(folder)]
    done = subprocess.run([*command, str(folder / "tree")], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as opened:
        yield opened


def test_wheel_holds_every_module_of_our_packages(wheel: zipfile.ZipFile):
    expected = {
        str(path.relative_to(ROOT))
        for path in _project_files()
        if path.relative_to(ROOT).parts[0] in PACKAGES and "inventory" not in path.parts
    }

    shipped = {name for name in wheel.namelist() if ".dist-info/" not in name}

    assert expected == shipped


def test_wheel_holds_the_top_level_packages_and_no_other(wheel: zipfile.ZipFile):
    tops = {name.split("/")[0] for name in wheel.namelist() if ".dist-info/" not in name}

    assert tops == PACKAGES


def test_wheel_holds_the_migrations(wheel: zipfile.ZipFile):
    names = wheel.namelist()

    assert any(name.startswith("rtbf_ledger/migrations/versions/") for name in names)
    assert "rtbf_ledger/migrations/env.py" in names


def test_wheel_leaves_out_what_is_this_projects_own(wheel: zipfile.ZipFile):
    assert [name for name in wheel.namelist() if name.startswith(NOT_SHIPPED)] == []


def test_wheel_names_licence_python_and_command(wheel: zipfile.ZipFile):
    info = "dagster_rtbf-0.1.0.dist-info"
    metadata = wheel.read(f"{info}/METADATA").decode()

    assert "\nLicense-Expression: Apache-2.0\n" in metadata
    assert "\nRequires-Python: >=3.11\n" in metadata
    assert b"rtbf = rtbf_desk.cli_entry:main" in wheel.read(f"{info}/entry_points.txt")
    assert (ROOT / "LICENSE").read_bytes() == wheel.read(f"{info}/licenses/LICENSE")


BUCKETS = (
    *(f"rtbf_jobs/erasers/objects{part}.py" for part in ("", "_erase", "_put", "_s3")),
    "rtbf_jobs/files/bucket",
    "rtbf_desk/files_scan/buckets",
)
"""What needs the extra `[objects]`; `rtbf files` says so in a sentence."""
WEB_DESK = (
    *(f"rtbf_desk/{name}.py" for name in ("alone", "app", "launch_guard", "place", "ui")),
    "rtbf_desk/web/",
    "rtbf_desk/webserver",
)
"""What needs the extra `[ui]`; `rtbf ui` and `rtbf desk` say so in a sentence."""


@pytest.mark.slow
def test_wheel_alone_works_outside_the_project(wheel: zipfile.ZipFile, tmp_path: Path):
    """Only the core is installed, at the locked releases: no other module may need an extra."""
    pins = re.findall(r"^[a-z0-9].*?(?= \\$)", (ROOT / LOCKS[0]).read_text(), re.MULTILINE)
    (tmp_path / "constraints.txt").write_text("\n".join(pins))
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    install = [python, "-m", "pip", "install", "--quiet", "--no-input", "--no-compile"]
    subprocess.run([*install, "-c", str(tmp_path / "constraints.txt"), str(wheel.filename)], check=True)
    modules = sorted(
        name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name in wheel.namelist()
        if name.endswith(".py") and "/migrations/" not in name and not name.startswith((*WEB_DESK, *BUCKETS))
    )

    imported = subprocess.run(
        [python, "-c", f"import importlib\nfor name in {modules!r}: importlib.import_module(name)"],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    helped = subprocess.run(
        [str(tmp_path / "venv" / "bin" / "rtbf"), "--help"], check=False, cwd=tmp_path, capture_output=True
    )

    assert imported.returncode == 0, imported.stderr
    assert helped.returncode == 0, helped.stderr


def test_every_package_is_known_to_every_tool():
    """A new top-level package is added to all of the tables, or to none."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    tools = config["tool"]
    contracts = (ROOT / ".importlinter").read_text()

    assert set(tools["hatch"]["build"]["targets"]["wheel"]["packages"]) == PACKAGES
    assert set(tools["coverage"]["run"]["source"]) == PACKAGES
    assert set(tools["mypy"]["files"]) == PACKAGES | {"definitions.py"}
    assert set(tools["ruff"]["lint"]["isort"]["known-first-party"]) == PACKAGES | {"definitions"}
    assert set(contracts.split("root_packages =")[1].split("include_external")[0].split()) == PACKAGES


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_has_no_address_and_no_path(lock: str):
    text = (ROOT / lock).read_text()

    assert re.findall(r"\w+://|--(?:index|extra-index|find-links)|-[if] |^/|^-e |file:|@", text) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_pins_each_release_with_hashes(lock: str):
    entries = [each for each in re.split(r"\n(?=[^ #])", (ROOT / lock).read_text()) if each[0] != "#"]

    assert len(entries) > 80
    assert [each for each in entries if not PIN.match(each) or "--hash=sha256:" not in each] == []


def test_both_locks_agree_so_that_the_second_only_adds():
    small, large = (set(PIN.findall((ROOT / lock).read_text())) for lock in LOCKS)

    assert small < large


def test_lock_holds_every_requirement_of_the_project():
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = config["project"]["optional-dependencies"]
    asked = [*config["project"]["dependencies"], *config["dependency-groups"]["build"]]
    names = {lock: {name for name, _ in PIN.findall((ROOT / lock).read_text())} for lock in LOCKS}

    for requirement in [*asked, *extras["ui"], *extras["postgres"], *extras["objects"], *extras["demo"]]:
        assert re.match(r"[a-z0-9.-]+", requirement).group() in names["requirements.lock"]
    for requirement in extras["dev"]:
        assert re.match(r"[a-z0-9.-]+", requirement).group() in names["requirements-dev.lock"]


def test_no_file_names_a_path_of_the_build_machine():
    pattern = _machine_paths()
    found = {
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in _project_files()
        for match in pattern.finditer(path.read_text(errors="ignore"))
        if path != Path(__file__).resolve()
    }

    assert set() == found


def test_pattern_of_machine_paths_finds_them():
    """The test above can fail: a made-up path is found, and a path inside the project is not."""
    pattern = _machine_paths()

    assert pattern.search(f'lake = "{ROOT}/lake"')
    assert pattern.search("see /" + "home/ann/notes")
    assert not pattern.search('"{root}/root/x", {lake}/home/a, ./root/b, https://example.org/root/')


def _make(target: str, tools: dict[str, str], tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """Run `make target` in an empty copy of the project, on a PATH that has only `tools`."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("requirements.lock", "requirements-dev.lock", "pyproject.toml"):
        (tmp_path / name).touch()
    path = tmp_path / "bin"
    path.mkdir()
    for name, script in tools.items():
        (path / name).write_text(f"#!/bin/sh\n{script}\n")
        (path / name).chmod(0o755)
    make = shutil.which("make")
    assert make, "make is missing: sudo apt install make"
    return subprocess.run(
        [make, "-C", str(tmp_path), target],
        env={"PATH": str(path)},
        check=False,
        capture_output=True,
        text=True,
    )


BARE_PYTHON = f'case "$2" in *ensurepip*) exit 1;; esac; exec "{sys.executable}" "$@"'
GOOD_PYTHON = f'exec "{sys.executable}" "$@"'


@pytest.mark.parametrize("target", ["demo", "test", "ui", "check", "slow"])
def test_missing_python_is_one_sentence(target: str, tmp_path: Path):
    done = _make(target, {}, tmp_path)

    said = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert said == ["python3 is missing: sudo apt install python3 python3-venv"]
    assert done.returncode == 2  # make's own code for a recipe that ended with 1


@pytest.mark.parametrize(
    ("tools", "sentence"),
    [
        pytest.param({"python3": "exit 1"}, "python3 is older than Python 3.11", id="old"),
        pytest.param({"python3": BARE_PYTHON}, "sudo apt install python3-venv", id="no-venv"),
        pytest.param({"python3": GOOD_PYTHON}, "git is missing: sudo apt install git", id="no-git"),
    ],
)
def test_other_missing_tools_are_one_sentence_each(tools: dict[str, str], sentence: str, tmp_path: Path):
    done = _make("demo", tools, tmp_path)

    said = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert len(said) == 1
    assert sentence in said[0]
    assert done.returncode == 2
    assert not (tmp_path / ".venv").exists()


def test_make_alone_lists_every_target(tmp_path: Path):
    done = subprocess.run(["make"], cwd=ROOT, check=True, capture_output=True, text=True)

    listed = re.findall(r"^make ([\w-]+)", done.stdout, re.MULTILINE)
    bench = ["bench-erase", "bench-scan", "bench-desk", "bench-detectors"]
    assert listed == ["help", "demo", "test", "ui", "check", "slow", "long", *bench, "lock", "clean"]
