#!/usr/bin/python3
"""Carry out the Dockerfile and try docker-compose.yml where no container engine runs.

    make images                         everything, in a temporary folder (root, minutes)
    tools/images.py FOLDER              the same, and what was made stays in FOLDER
    tools/images.py FOLDER postfix ...  these targets only, and nothing is tried

FROM is a folder that debootstrap lays, of the release that the image's name says; RUN,
COPY and the rest are done in it as written (dockerfile.py).  What pip and apt need to
reach their servers from here (proxy, certificates, index) is passed on.  What was built is
then started as docker-compose.yml says (compose_trial.py), and the image of Pratique once
more under systemd with the unit of deploy/ (unit_trial.py).
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import compose_trial
import dockerfile
import unit_trial
from dockerfile import Copy, Refused, Stage, Start, Step
from room import Room

ROOT = Path(__file__).resolve().parent.parent
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
# What reaches the outside from here, in the words of pip and of curl's many children.
PASSED_ON = re.compile(
    r"PIP_(INDEX_URL|TRUSTED_HOST|DEFAULT_TIMEOUT)|(?i:https?_proxy|no_proxy|ftp_proxy)"
)


def printed(*command: str) -> str:
    """What a command of this machine prints."""
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout


def lay(release: str, folder: Path) -> None:
    """Lay the least Debian, without what only debootstrap's own wishes would bring."""
    sites = printed("apt-get", "indextargets", "--format", "$(REPO_URI)", "Component: main")
    mirror = next(site for site in sites.split() if re.search(r"/debian/?$", site))
    print(f"FROM {release}: debootstrap", flush=True)
    command = ["debootstrap", "--variant=minbase", release, str(folder), mirror]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    acquire = [
        line
        for line in printed("apt-config", "dump").splitlines()
        if re.match(r"Acquire::(http|https|ftp)::", line)
    ]
    (folder / "etc/apt/apt.conf.d/99outside").write_text("".join(f"{one}\n" for one in acquire))
    shutil.copy(CERTIFICATES, folder / "outside.crt")


def outside() -> dict[str, str]:
    """The environment in which pip reaches its index from here."""
    found = {name: value for name, value in os.environ.items() if PASSED_ON.fullmatch(name)}
    index = printed(sys.executable, "-m", "pip", "config", "get", "global.index-url").strip()
    return {"PIP_CERT": "/outside.crt"} | ({"PIP_INDEX_URL": index} if index else {}) | found


class Images:
    """The folder in which images are made, one folder for each stage."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stages = dockerfile.read(ROOT / "Dockerfile")
        self._ignore = (ROOT / ".dockerignore").read_text("utf-8")

    def targets(self) -> list[str]:
        """The stages that nothing else is made of."""
        used = {
            dockerfile.copy_of(step).stage
            for stage in self._stages
            for step in stage.steps
            if step.word == "COPY"
        }
        return [stage.name for stage in self._stages if stage.name not in used]

    def build(self, target: str) -> None:
        """Make an image and whatever it is made of, unless it is there."""
        for stage in dockerfile.needed(self._stages, target):
            if not (self._folder / f"{stage.name}.json").exists():
                self._make(stage)

    def _make(self, stage: Stage) -> None:
        root, start = self._folder / stage.name, Start()
        shutil.rmtree(root, ignore_errors=True)
        subprocess.run(["cp", "-a", self._source(stage, start), root], check=True)
        print(f"== {stage.name}", flush=True)
        for step in stage.steps:
            print(f"{step.word} {step.rest}"[:120], flush=True)
            dockerfile.settle(start, step)
            self._carry_out(step, root, start)
        # Last: an image without it was not finished.
        (self._folder / f"{stage.name}.json").write_text(json.dumps(asdict(start)))

    def _source(self, stage: Stage, start: Start) -> Path:
        if any(stage.source == each.name for each in self._stages):
            earlier = json.loads((self._folder / f"{stage.source}.json").read_text())
            start.environment |= earlier["environment"]
            return self._folder / stage.source
        match = re.fullmatch(r"debian:([a-z]+)-slim", stage.source)
        if match is None:
            raise Refused(f"FROM {stage.source}: only debian:RELEASE-slim is known here")
        bare = self._folder / f"debian-{match[1]}"
        if not bare.exists():
            lay(match[1], bare.with_suffix(".new"))
            bare.with_suffix(".new").rename(bare)
        return bare

    def _carry_out(self, step: Step, root: Path, start: Start) -> None:
        match step.word:
            case "RUN":
                environment = outside() | start.environment
                room = Room(root, start.user, start.folder, environment)
                room.run(("/bin/sh", "-c", step.rest))
            case "WORKDIR":
                (root / start.folder.lstrip("/")).mkdir(parents=True, exist_ok=True)
            case "COPY":
                self._copy(dockerfile.copy_of(step), root, start.folder)

    def _copy(self, copy: Copy, root: Path, folder: str) -> None:
        origin = self._folder / copy.stage if copy.stage else ROOT
        target = root / os.path.join(folder, copy.target).lstrip("/")  # noqa: PTH118 - joins
        for source in copy.sources:
            if not copy.stage and dockerfile.left_out(self._ignore, source):
                raise Refused(f"COPY {source}: .dockerignore leaves it out")
            found = origin / source.lstrip("/")
            # A folder's content is copied, not the folder; a file goes into a folder.
            into = target / found.name if found.is_file() and target.is_dir() else target
            if copy.target.endswith("/") or found.is_dir():
                target.mkdir(parents=True, exist_ok=True)
                into = target
            # The engine gives to root what comes from the checkout.
            kept = ["-a"] if copy.stage else ["-r", "--preserve=mode,timestamps"]
            what = f"{found}/." if found.is_dir() else str(found)
            subprocess.run(["cp", *kept, what, str(into)], check=True)


def main(arguments: list[str]) -> int:
    """Build, and try what was built."""
    if os.geteuid() != 0 or not shutil.which("debootstrap"):
        print("only root can do this, with debootstrap (apt-get install debootstrap)")
        return 1
    with tempfile.TemporaryDirectory(prefix="pratique-images-") as temporary:
        folder = Path(arguments[0] if arguments else temporary).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        images = Images(folder)
        try:
            for target in arguments[1:] or images.targets():
                images.build(target)
        except Refused as refused:
            print(f"Dockerfile: {refused}")
            return 1
        if arguments[1:]:
            return 0
        return compose_trial.run(folder, ROOT) or unit_trial.run(folder, ROOT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
