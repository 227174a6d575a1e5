"""Have rules checked and timed, and know what was said of them.

No rule is read on this side: `scanners/yara_rules/trial.py` does that in a process of its own,
and the processes that it starts may die of a rule without any harm to who asks.
"""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pratique.milter.wall.faults import NurseryLost
from pratique.milter.wall.nursery import COMMAND

TRIAL = (*COMMAND[:-1], "pratique.scanners.yara_rules.trial")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a file, or doubtful in it; line 0 is the whole of it."""

    file: str
    line: int
    level: str
    message: str

    @property
    def is_error(self) -> bool:
        """Whether a service would refuse the rules for it."""
        return self.level == "error"


@dataclass(frozen=True, slots=True)
class Timed:
    """How long the rules of a file take, or one of them."""

    file: str
    line: int
    # How many there are in a file; the name of a rule.
    rules: int
    rule: str
    # Seconds for compiling it.
    compiled: float
    # Milliseconds of processor time for a megabyte.
    cost: float
    slow: bool
    problem: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a check."""

    files: tuple[str, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Times:
    """What came of timing: files, and the rules of the slow ones; the slowest first."""

    files: tuple[Timed, ...]
    rules: tuple[Timed, ...]
    problems: tuple[Problem, ...]


def checked(paths: Sequence[str], command: Sequence[str] = TRIAL) -> Checked:
    """What is wrong with the rules of files and folders.  Raises NurseryLost."""
    said = _asked({"do": "check", "paths": list(paths)}, command)
    return Checked(tuple(said["files"]), _problems(said))


def timed(paths: Sequence[str], over: Sequence[str], command: Sequence[str] = TRIAL) -> Times:
    """How long rules take over these files, or over octets of ours.  Raises NurseryLost."""
    said = _asked({"do": "time", "paths": list(paths), "over": list(over)}, command)
    files = tuple(Timed(**one) for one in said["timed"])
    return Times(files, tuple(Timed(**one) for one in said["rules"]), _problems(said))


def _problems(said: dict[str, Any]) -> tuple[Problem, ...]:
    return tuple(Problem(**one) for one in said["problems"])


def _asked(order: dict[str, Any], command: Sequence[str]) -> dict[str, Any]:
    octets = json.dumps(order).encode()
    done = subprocess.run(command, input=octets, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise NurseryLost(f"the trial of rules ended with the status {done.returncode}")
    said: dict[str, Any] = json.loads(done.stdout)
    return said
