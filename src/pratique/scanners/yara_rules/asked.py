"""Ask a process apart, and know what it died of and over which file.

It gets its order as a sealed file and writes its answer into another, so nobody waits for a
pipe, and several are asked at once.  After its end the answer is read as far as it came: the
file that was begun last, and of which nothing more was said, is the guilty one; the files
behind it are asked about again.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from pratique.scanners.yara_rules.sources import TOLD, Problem, WrongRules

# -I: nothing of the environment or the working directory is imported over there.
_PYTHON = (sys.executable, "-I", "-X", "utf8", "-m")
COMPILING = (*_PYTHON, "pratique.scanners.yara_rules.compiling")
APART = (*_PYTHON, "pratique.scanners.yara_rules.apart")
# 5,000 rules with expressions in either case take ten seconds; a machine may be slower.  Whoever
# waits for a nursery gives up after two minutes (milter/wall/nursery.py): this and the next
# are less.
COMPILE_SECONDS = 80.0
# Where rules are broken, for finding which file is: all of them, and one.
BLAME_SECONDS, FILE_SECONDS = 25.0, 10.0
# Beyond the alarm that a process sets itself.
_PATIENCE = 2.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A process apart, and where it writes."""

    process: subprocess.Popen[bytes]
    answer: BinaryIO
    # For each thing that it does.
    seconds: float

    def ended(self, patience: float) -> str:
        """Wait for its end; why it came too early, in words, or nothing."""
        try:
            status = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            status = -signal.SIGALRM
        if status == -signal.SIGALRM:
            return f"it is not done after {self.seconds:g} seconds"
        if status < 0:
            return f"YARA died of it ({signal.Signals(-status).name})"
        return f"YARA ended with the status {status}" if status else ""

    def close(self) -> None:
        """End it if it runs still."""
        self.process.kill()
        self.process.wait()
        self.answer.close()


@contextlib.contextmanager
def asking(order: Mapping[str, Any], command: Sequence[str]) -> Iterator[Asked]:
    """Ask; whoever asks waits for the end."""
    with _file("order") as stdin:
        stdin.write(json.dumps(order).encode())
        stdin.seek(0)
        answer = _file("answer")
        process = subprocess.Popen(command, stdin=stdin, stdout=answer)
    asked = Asked(process, answer, float(order["seconds"]))
    try:
        yield asked
    finally:
        asked.close()


def _file(name: str) -> BinaryIO:
    return os.fdopen(os.memfd_create(name), "w+b")


def compiled(
    sets: Sequence[Mapping[str, str]],
    *,
    seconds: float = COMPILE_SECONDS,
    command: Sequence[str] = COMPILING,
) -> list[bytes]:
    """Sets of sources, each compiled by a process of its own.  Raises WrongRules."""
    with contextlib.ExitStack() as running:
        orders = [{"sources": one, "seconds": seconds} for one in sets]
        asked = [running.enter_context(asking(order, command)) for order in orders]
        octets: list[bytes] = []
        for one in asked:
            problem = one.ended(seconds + _PATIENCE)
            one.answer.seek(0)
            head = one.answer.readline()
            said = problem or json.loads(head)["error"]
            if said:
                break
            octets.append(one.answer.read())
        else:
            return octets
    together = {name: text for one in sets for name, text in one.items()}
    problems = blamed("each", together)
    raise WrongRules(problems or f"rules: {said}, and each file by itself compiles")


def blamed(look: str, sources: Mapping[str, str]) -> str:
    """Which files are broken, and where; only asked once it is known that one is."""
    order = {"do": look, "seconds": FILE_SECONDS}
    stated = one_by_one(order, sources, within=BLAME_SECONDS)
    problems = [f"rule file {Problem(**one)}" for one in stated if one["level"] == "error"]
    if len(problems) > TOLD:
        problems[TOLD:] = [f"and {len(problems) - TOLD} files more"]
    return "\n".join(problems)


def one_by_one(
    order: dict[str, Any],
    files: Mapping[str, str] | Sequence[str],
    *,
    within: float = 0.0,
    command: Sequence[str] = APART,
) -> Iterator[dict[str, Any]]:
    """What is said of each file; also of one that the process died of, and of those behind.

    `within` so many seconds, if that is said: what is known by then is all.
    """
    left, deaths, until = list(files), 0, time.monotonic() + within
    while left:
        patience = until - time.monotonic() if within else order["seconds"] * (1 + len(left))
        with asking(order | _of(files, left), command) as asked:
            problem = asked.ended(max(0.0, patience))
            asked.answer.seek(0)
            lines = [json.loads(line) for line in asked.answer if line.endswith(b"\n")]
        yield from ({**one} for one in lines if "began" not in one)
        if not problem or (within and time.monotonic() > until):
            return
        begun = [one["began"] for one in lines if "began" in one]
        guilty = begun[-1] if begun else left[0]
        deaths += 1
        yield {"file": guilty, "line": 0, "level": "error", "message": problem}
        left = left[left.index(guilty) + 1 :] if deaths < TOLD else []


def _of(files: Mapping[str, str] | Sequence[str], left: Sequence[str]) -> dict[str, Any]:
    if isinstance(files, Mapping):
        return {"sources": {name: files[name] for name in left}}
    return {"files": list(left)}
