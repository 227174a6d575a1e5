"""Write constraints.txt: every package that setup installs, its version and its hashes.

`make constraints` runs this when a dependency shall move.  pip itself resolves
pyproject.toml with all extras; then the index, asked for each name, gives the hashes
of every file of that version that a Linux machine with a supported Python could take.
A source archive is listed only where there is no wheel: then there is one way to
install each package, and a build from source never happens by surprise.

A marker such as `python_version < "3.13"` can ask for a package that this Python does
not need.  So the closure is walked for every supported Python, and what is missing is
resolved as well; a package that one Python could do without does no harm there.

The file names no index: whose files they are, the hashes say.  The index is the one
that pip is configured with here.
"""

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename
from pip._internal.models.index import PyPI

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = "milter,speed,tlsh,dev"
PYTHONS = ("3.11", "3.12", "3.13")
MACHINES = ("x86_64", "aarch64")
# These come first: pymilter and py-tlsh are source archives, and are built with them.
BUILD_TOOLS = ("packaging", "setuptools", "wheel")

HEAD = """\
# Made by `make constraints`.  Each package of setup, with the hashes of its files.
# Build tools first: what is a source archive is built with these, not with a newer one.
"""
REST = "# The rest.\n"


class Pin(NamedTuple):
    """A package at one version."""

    name: str
    version: str
    requires: tuple[Requirement, ...]


def pip(*arguments: str) -> str:
    """Run pip with no configuration but its index, so that no local file is taken."""
    run = [sys.executable, "-m", "pip", *arguments]
    quiet = os.environ | {"PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""}
    return subprocess.run(run, check=True, env=quiet, stdout=subprocess.PIPE, text=True).stdout


def index() -> str:
    """The address of the index that pip is configured with, or pip's default."""
    ask = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    said = subprocess.run(ask, check=False, capture_output=True, text=True).stdout.strip()
    return os.environ.get("PIP_INDEX_URL") or said or PyPI.simple_url


def resolve(more: list[str]) -> dict[str, Pin]:
    """Let pip choose a version of everything that pyproject.toml and `more` ask for."""
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        pip(
            *("install", "--quiet", "--dry-run", "--ignore-installed", "--no-build-isolation"),
            *("--index-url", index(), "--report", report.name),
            *(f"{ROOT}[{EXTRAS}]", *BUILD_TOOLS, *more),
        )
        chosen = json.load(report)["install"]
    pins = (pin(one["metadata"]) for one in chosen)
    return {one.name: one for one in pins if one.name != "pratique"}


def pin(metadata: dict[str, Any]) -> Pin:
    """Read one package of pip's report."""
    requires = tuple(Requirement(text) for text in metadata.get("requires_dist", ()))
    return Pin(canonicalize_name(metadata["name"]), metadata["version"], requires)


def missing(pins: dict[str, Pin]) -> list[str]:
    """What some supported Python or machine needs and this one does not."""
    environments = [
        {"python_version": python, "python_full_version": f"{python}.0", "platform_machine": m}
        for python in PYTHONS
        for m in MACHINES
    ]
    return sorted(
        {
            str(Requirement(f"{need.name}{need.specifier}"))
            for one in pins.values()
            for need in one.requires
            for environment in environments
            if canonicalize_name(need.name) not in pins
            and need.marker
            and need.marker.evaluate(environment | {"extra": ""})
        }
    )


def files(one: Pin) -> Iterator[tuple[str, str]]:
    """Every file of this version in the index, with its SHA-256 (PEP 691)."""
    url = f"{index().rstrip('/')}/{one.name}/"
    accept = {"Accept": "application/vnd.pypi.simple.v1+json"}
    with urllib.request.urlopen(urllib.request.Request(url, headers=accept)) as answer:
        listed = json.load(answer)["files"]
    for file in listed:
        if not file.get("yanked"):
            yield file["filename"], file["hashes"]["sha256"]


def hashes(one: Pin) -> list[str]:
    """The hashes of all files that setup may take; sorted, so that a change is seen."""
    wheels, sources = [], []
    for name, digest in files(one):
        if name.endswith(".whl") and name.split("-")[1] == one.version:
            wheels += [digest] if fits_here(name) else []
        elif name == f"{one.name.replace('-', '_')}-{one.version}.tar.gz":
            sources.append(digest)
    if not wheels and not sources:
        raise SystemExit(f"no file of {one.name} {one.version} in the index")
    return sorted(wheels or sources)


def fits_here(wheel: str) -> bool:
    """Tell whether a supported Python on Linux could take a wheel of this name."""
    tags = parse_wheel_filename(wheel)[3]
    pythons = {f"cp{python.replace('.', '')}" for python in PYTHONS}
    return any(
        (tag.interpreter == "py3" or tag.abi == "abi3" or {tag.interpreter, tag.abi} <= pythons)
        and (tag.platform == "any" or ("linux" in tag.platform and tag.platform.endswith(MACHINES)))
        for tag in tags
    )


def line(one: Pin) -> str:
    """One package as pip's requirements file has it."""
    digests = "".join(f" \\\n    --hash=sha256:{digest}" for digest in hashes(one))
    return f"{one.name}=={one.version}{digests}\n"


def main() -> None:
    """Resolve, ask for the hashes, write the file."""
    pins = resolve([])
    while more := missing(pins):
        pins = resolve(more)
    first = "".join(line(pins[name]) for name in BUILD_TOOLS)
    rest = "".join(line(one) for name, one in sorted(pins.items()) if name not in BUILD_TOOLS)
    (ROOT / "constraints.txt").write_text(HEAD + first + REST + rest)


if __name__ == "__main__":
    main()
