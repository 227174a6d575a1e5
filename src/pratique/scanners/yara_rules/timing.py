"""Say how long rules take: each file by itself, and each rule of a file that is slow.

What is scanned is what mail is made of where it is large: text, a page, octets by chance,
the same octet a million times; or files of one's own.  The time is that of the processor,
the better of two runs, for a megabyte.  What a scan takes without any rule worth the name is
taken off, so that what remains is what the rules cost.
"""

import hashlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yara

from pratique.scanners.yara_rules.lines import Cut, Cuts
from pratique.scanners.yara_rules.samples import HARMLESS
from pratique.scanners.yara_rules.sources import lines_of, of_yara

MEGABYTE = 1_000_000
# Milliseconds for a megabyte.  A message of 25 MB takes a worker half a second more.
SLOW = 20.0
# Seconds: a whole set has eighty (asked.py).
SLOW_TO_COMPILE = 2.0
# A worker gives up a scan after that.
SCAN_SECONDS = 5
# Files of an admin's own are read up to that, all together: it is scanned for each rule.
MOST_OCTETS = 16 * MEGABYTE
# All rules of one file together: of thousands, the slow ones among the first are told.
RULES_SECONDS = 30.0
_NOTHING = 'rule nothing { strings: $a = "2b7e151628aed2a6abf7158809cf4f3c" condition: $a }'


def octets_of(paths: Sequence[str]) -> list[bytes]:
    """What rules are timed over.  Raises OSError for a file that cannot be read."""
    if not paths:
        return _made()
    left, found = MOST_OCTETS, list[bytes]()
    for path in paths:
        with Path(path).open("rb") as file:
            found.append(file.read(left))
        left -= len(found[-1])
    return [octets for octets in found if octets] or _made()


def _made() -> list[bytes]:
    text, page = HARMLESS["a text mail"], HARMLESS["a page"]
    return [
        (text * (1 + MEGABYTE // len(text)))[:MEGABYTE],
        (page * (1 + MEGABYTE // len(page)))[:MEGABYTE],
        hashlib.shake_256(b"octets by chance").digest(MEGABYTE),
        bytes(MEGABYTE),
    ]


class Watch:
    """Times rules over the same octets."""

    def __init__(self, over: Sequence[bytes]) -> None:
        self._over = over
        self._megabytes = sum(map(len, over)) / MEGABYTE
        self._nothing = 0.0
        self._nothing, _ = self._scan(yara.compile(source=_NOTHING))

    def file(self, file: str, text: str) -> Iterator[dict[str, Any]]:
        """How long the rules of one file take together."""
        begun = time.process_time()
        try:
            rules = yara.compile(source=text, includes=False)
        except yara.Error as error:
            told = of_yara(file, str(error), last=lines_of(text))
            yield {"line": told.line, "problem": told.message}
            return
        took = time.process_time() - begun
        cost, problem = self._scan(rules)
        count = sum(1 for _ in rules)
        stated = {"line": 0, "rules": count, "compiled": round(took, 3), "problem": problem}
        slow = _is_slow(cost, problem) or took >= SLOW_TO_COMPILE
        yield {**stated, "cost": round(cost, 2), "slow": slow}

    def rules(self, _file: str, text: str) -> Iterator[dict[str, Any]]:
        """How long each rule of one file takes, with those that it needs."""
        cuts, until = Cuts(text), time.monotonic() + RULES_SECONDS
        for number, one in enumerate(cuts):
            if time.monotonic() > until:
                left = len(cuts.rules) - number
                yield {"line": one.line, "rule": "", "problem": f"{left} rules were not timed"}
                return
            yield self._rule(cuts, one)

    def _rule(self, cuts: Cuts, one: Cut) -> dict[str, Any]:
        try:
            rules = yara.compile(source=cuts.alone(one.name), includes=False)
        except yara.Error as error:
            told = of_yara("", str(error)).message
            return {"line": one.line, "rule": one.name, "problem": f"not by itself: {told}"}
        cost, problem = self._scan(rules)
        slow = _is_slow(cost, problem)
        stated = {"line": one.line, "rule": one.name, "problem": problem}
        return {**stated, "cost": round(cost, 2), "slow": slow}

    def _scan(self, rules: yara.Rules) -> tuple[float, str]:
        """Milliseconds for a megabyte, and what went wrong."""
        best, problem = float("inf"), ""
        for _ in range(2):
            begun = time.process_time()
            problem = self._problem(rules)
            best = min(best, time.process_time() - begun)
            if problem:
                break
        return max(0.0, 1000 * best / self._megabytes - self._nothing), problem

    def _problem(self, rules: yara.Rules) -> str:
        often: list[str] = []

        def note(_kind: int, warning: Any) -> int:
            often.append(f"{getattr(warning, 'rule', 'a rule')} matches too often")
            return int(yara.CALLBACK_CONTINUE)

        for octets in self._over:
            try:
                rules.match(data=octets, timeout=SCAN_SECONDS, fast=True, warnings_callback=note)
            except yara.TimeoutError:
                return f"a scan is not finished after {SCAN_SECONDS} seconds"
            except yara.Error as error:
                return str(error)
        return often[0] if often else ""


def _is_slow(cost: float, problem: str) -> bool:
    return cost >= SLOW or bool(problem)
