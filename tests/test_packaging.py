"""Build what is published, look into it, and run what was built.

Nothing is fetched: hatchling is one of the packages of constraints.txt.
"""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HOUSE = ROOT / "src/pratique"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The wheel and the source archive, built as a publisher would."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    (source,) = folder.glob("*.tar.gz")
    return wheel, source


@pytest.fixture(scope="module")
def wheel(built):
    with zipfile.ZipFile(built[0]) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def source(built):
    with tarfile.open(built[1]) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


def house_files():
    return {
        f"pratique/{path.relative_to(HOUSE)}"
        for path in HOUSE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_holds_the_whole_house(wheel):
    assert house_files() <= wheel
    kinds = {Path(name).suffix for name in wheel}
    assert {".py", ".pyi", ".proto", ".yar", ".toml"} <= kinds
    assert "pratique/py.typed" in wheel


def test_the_wheel_holds_nothing_else(wheel):
    others = wheel - house_files()
    assert all(name.startswith("pratique-") and ".dist-info/" in name for name in others), others


@pytest.mark.parametrize("room", ["milter", "policies", "scanners"])
def test_the_links_at_the_top_are_not_packed_as_second_copies(wheel, source, room):
    assert not {name for name in wheel | source if name.startswith(f"{room}/")}


def test_the_source_archive_holds_what_builds_and_tests_it(source):
    assert {f"src/{name}" for name in house_files()} <= source
    assert {"pyproject.toml", "constraints.txt", "Makefile", "tools/setup.sh"} <= source
    assert {"tests/conftest.py", "README.md", "CHANGELOG.md", "LICENSE"} <= source


def test_the_source_archive_holds_nothing_that_make_made(source):
    assert not {name for name in source if name.startswith((".venv", "var/", "build/", "dist/"))}
    assert not {name for name in source if "__pycache__" in name or name.endswith(".pyc")}


def test_the_built_wheel_runs_without_the_repository(built, tmp_path):
    where = tmp_path / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    quiet = os.environ | {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run([*pip, "--target", str(where), str(built[0])], check=True, env=quiet)
    code = "import pratique.milter.pipeline as one; print(one.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(where)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == str(where / "pratique/milter/pipeline.py")
