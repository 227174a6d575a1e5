"""See that setup takes what constraints.txt lists and nothing else.

The forged package here is what a broken mirror or a thief at the index would hand
out: right name, right version, other content.  No network is used: pip is pointed at
a folder.
"""

import hashlib
import os
import re
import shutil
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = (ROOT / "constraints.txt").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PIN = re.compile(r"^([a-z0-9-]+)==(\S+) \\$", re.MULTILINE)
PINNED = dict(PIN.findall(CONSTRAINTS))


def wanted() -> list[str]:
    project = PROJECT["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    asked = project["dependencies"] + extras + PROJECT["build-system"]["requires"]
    return sorted({re.split(r"[<>=!~\[; ]", line)[0].lower().replace("_", "-") for line in asked})


def test_all_that_pyproject_asks_for_is_pinned():
    assert "hatchling" in wanted()
    assert [name for name in wanted() if name not in PINNED] == []


def test_each_pin_has_a_hash():
    blocks = re.split(r"(?m)^(?=[a-z0-9-]+==)", CONSTRAINTS)[1:]
    assert len(blocks) == len(PINNED) > 30
    assert [one for one in blocks if "--hash=sha256:" not in one] == []


def test_nothing_says_where_packages_come_from():
    assert "://" not in CONSTRAINTS
    lines = [line for line in CONSTRAINTS.splitlines() if not line.startswith("#")]
    assert [one for one in lines if not re.match(r"[a-z0-9-]+==|    --hash=sha256:", one)] == []


@pytest.fixture
def forged(tmp_path):
    """A wheel that bears the name of the first package of setup."""
    name, version = PIN.search(CONSTRAINTS).groups()
    facts = f"{name}-{version}.dist-info"
    wheel = tmp_path / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("forged.py", "raise SystemExit('this must never run')\n")
        archive.writestr(f"{facts}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(
            f"{facts}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        archive.writestr(f"{facts}/RECORD", "")
    return name, version, wheel


@pytest.fixture
def setup(tmp_path):
    """Run setup's own script in a copy of what it needs, against a folder as the index."""
    house = tmp_path / "a house"
    (house / "tools").mkdir(parents=True)
    shutil.copy(ROOT / "tools/setup.sh", house / "tools")

    def run(constraints, path=os.environ["PATH"], what="run"):
        (house / "constraints.txt").write_text(constraints)
        return subprocess.run(
            ["sh", "tools/setup.sh", what],
            cwd=house,
            check=False,
            capture_output=True,
            text=True,
            env=os.environ
            | {"PATH": path, "PIP_CONFIG_FILE": os.devnull}
            | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)},
        )

    run.house = house
    return run


@pytest.mark.slow
def test_a_package_with_another_hash_stops_setup(setup, forged):
    done = setup(CONSTRAINTS)
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert not list(setup.house.rglob("forged.py"))


@pytest.mark.slow
def test_the_same_package_with_its_own_hash_is_taken(setup, forged):
    name, version, wheel = forged
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    done = setup(f"{name}=={version} \\\n    --hash=sha256:{digest}\n")
    assert "HASHES" not in done.stderr
    assert list(setup.house.rglob("forged.py"))


NO_ROOT = """#!/bin/sh
exit 1
"""


@pytest.mark.slow
def test_packages_that_it_may_not_install_are_named(setup, tmp_path):
    """With a dpkg-query that knows no package, an id that is not root's and no sudo."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, script in {
        "dpkg-query": NO_ROOT,
        "sudo": NO_ROOT,
        "id": "#!/bin/sh\necho 1000\n",
    }.items():
        (tools / name).write_text(script)
        (tools / name).chmod(0o755)
    done = setup(CONSTRAINTS, path=f"{tools}:{os.environ['PATH']}")
    assert done.returncode == 1
    assert "apt-get install --no-install-recommends gcc g++ libc6-dev libmilter-dev" in done.stderr
    assert not (setup.house / ".venv").exists()


FETCHES = """#!/bin/sh
echo "$@" >> "{folder}/asked"
cp "{folder}/exim.deb" .
"""


@pytest.mark.slow
def test_exim_is_unpacked_once_and_is_not_setuid(setup, tmp_path):
    """With a dpkg-query that knows every package, and an apt-get that brings one of ours."""
    program, tools = tmp_path / "deb/usr/sbin/exim4", tmp_path / "bin"
    (tmp_path / "deb/DEBIAN").mkdir(parents=True)
    (tmp_path / "deb/DEBIAN/control").write_text(
        "Package: exim4-daemon-light\nVersion: 1\nArchitecture: all\nMaintainer: ann\n"
        "Description: an Exim\n"
    )
    program.parent.mkdir(parents=True)
    program.write_text("an Exim")
    program.chmod(0o4755)
    package = ["dpkg-deb", "--build", tmp_path / "deb", tmp_path / "exim.deb"]
    subprocess.run(package, check=True, capture_output=True)
    tools.mkdir()
    scripts = {"dpkg-query": "#!/bin/sh\nprintf installed\n", "apt-get": FETCHES}
    for name, script in scripts.items():
        (tools / name).write_text(script.format(folder=tmp_path))
        (tools / name).chmod(0o755)
    for _ in range(2):
        done = setup("", path=f"{tools}:{os.environ['PATH']}", what="test")
        assert done.returncode == 0, done.stderr
    unpacked = setup.house / ".venv/exim/usr/sbin/exim4"
    assert unpacked.read_text() == "an Exim"
    assert unpacked.stat().st_mode & 0o7777 == 0o755
    (asked,) = (tmp_path / "asked").read_text().splitlines()
    assert asked.endswith("download exim4-daemon-light")
