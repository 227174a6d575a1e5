"""Check or time the rules of files and folders, for the command that asks.

    pratique.scanners.yara_rules.trial

It is the far end of `pratique rules`, which reads no rules itself.  An order in JSON comes on
standard input, and one object in JSON is answered: the files, and what is to be said of them.

    {"do": "check", "paths": [PATH]}
    {"do": "time", "paths": [PATH], "over": [PATH]}
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from pratique.scanners.yara_rules.asked import one_by_one
from pratique.scanners.yara_rules.sources import Problem, files_in
from pratique.scanners.yara_rules.timing import RULES_SECONDS

# One file, of which YARA compiles each rule, or scans with them.
CHECK_SECONDS = 30.0
TIME_SECONDS = 90.0 + RULES_SECONDS
# Of slow files, so many are timed rule by rule: the slowest ones.
SLOWEST = 5


def main(stdin: BinaryIO, stdout: BinaryIO) -> int:
    """Do one order; gives the exit status."""
    order = json.load(stdin)
    files, problems = _files(order["paths"])
    answer = _timed(order, files) if order["do"] == "time" else _checked(files)
    answer["problems"] = [asdict(one) for one in problems] + answer.get("problems", [])
    stdout.write(json.dumps({"files": files, **answer}).encode())
    return 0


def _files(paths: Sequence[str]) -> tuple[list[str], list[Problem]]:
    """The files that paths mean, each once, and what cannot be read."""
    found: dict[str, None] = {}
    problems = []
    for path in paths:
        try:
            found |= dict.fromkeys(map(str, files_in(Path(path))))
        except OSError as error:
            problems.append(Problem(path, 0, "error", str(error.strerror)))
    return list(found), problems


def _checked(files: Sequence[str]) -> dict[str, Any]:
    order = {"do": "check", "seconds": CHECK_SECONDS}
    keys = Problem.__dataclass_fields__
    found = [{key: one[key] for key in keys} for one in one_by_one(order, files)]
    return {"problems": found}


def _timed(order: Mapping[str, Any], files: Sequence[str]) -> dict[str, Any]:
    """Each file, the slowest first; and the rules of those that are slow."""
    asked = {"seconds": TIME_SECONDS, "over": order["over"]}
    timed = [_whole(one) for one in one_by_one({"do": "time", **asked}, files)]
    timed.sort(key=_rank)
    slow = [one["file"] for one in timed if one["slow"] and one["rules"]][:SLOWEST]
    each = one_by_one({"do": "time rules", **asked}, slow) if slow else iter(())
    return {"timed": timed, "rules": sorted((_whole(one) for one in each), key=_rank)}


def _whole(stated: Mapping[str, Any]) -> dict[str, Any]:
    """With all keys, also of what was not timed."""
    problem = stated.get("problem") or stated.get("message") or ""
    empty = {"rules": 0, "rule": "", "compiled": 0.0, "cost": 0.0, "slow": bool(problem)}
    keys = ("file", "line", *empty)
    return {key: stated.get(key, empty.get(key)) for key in keys} | {"problem": problem}


def _rank(stated: Mapping[str, Any]) -> tuple[bool, float]:
    return not stated["problem"], -stated["cost"]


if __name__ == "__main__":
    sys.exit(main(sys.stdin.buffer, sys.stdout.buffer))
