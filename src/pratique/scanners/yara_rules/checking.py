"""Say what is wrong with a file of rules, and what is only doubtful.

Wrong is what YARA does not compile, and a rule that would have all mail refused: it says
`malicious` and finds the harmless octets of samples.py.  Doubtful is what YARA warns of (a
string that slows all scans down), a severity that nobody knows, a rule that finds what is
harmless, and a file without a rule.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import yara

from pratique.scanners.yara_rules.lines import Cuts, twice
from pratique.scanners.yara_rules.meta import said, severity_of
from pratique.scanners.yara_rules.samples import HARMLESS
from pratique.scanners.yara_rules.sources import Level, Problem, lines_of, of_yara

# A scan of a few hundred octets takes a tenth of a millisecond.
SECONDS = 2


def broken(file: str, text: str) -> Iterator[Problem]:
    """What YARA does not compile: it says one thing of a file."""
    try:
        yara.compile(source=text, includes=False)
    except yara.Error as error:
        yield of_yara(file, str(error), last=lines_of(text))


def problems(file: str, text: str) -> Iterator[Problem]:
    """All that is wrong with a file or doubtful in it, by line."""
    return iter(sorted(_problems(file, text), key=lambda one: one.line))


def _problems(file: str, text: str) -> Iterator[Problem]:
    cuts = Cuts(text)
    try:
        rules = yara.compile(source=text, includes=False)
    except yara.Error as error:
        first = of_yara(file, str(error), last=lines_of(text))
        yield first
        yield from _also_broken(file, cuts, first)
        return
    names = {one.identifier for one in rules}
    if not names:
        yield Problem(file, 0, "warning", "there is no rule in it")
    for warning in dict.fromkeys(rules.warnings):
        doubt = of_yara(file, warning, "warning")
        yield replace(doubt, message=f"{cuts.at(doubt.line)}: {doubt.message}")
    for one in rules:
        if not severity_of({key.lower(): value for key, value in one.meta.items()}):
            line = cuts.line_of(one.identifier, "severity") or cuts.line_of(one.identifier)
            told = f"{one.identifier}: a severity that is not known; it counts as suspicious"
            yield Problem(file, line, "warning", told)
    yield from _too_much(file, rules, cuts)


def _also_broken(file: str, cuts: Cuts, first: Problem) -> Iterator[Problem]:
    """What else is broken: names that come twice, of which YARA says one thing only."""
    for one in twice(cuts.rules):
        if one.line != first.line:
            yield Problem(file, one.line, "error", f'duplicated identifier "{one.name}"')


def _too_much(file: str, rules: yara.Rules, cuts: Cuts) -> Iterator[Problem]:
    """Rules that find what is harmless, and scans that do not come to an end."""
    found: dict[str, list[str]] = {}
    severities: dict[str, str] = {}
    for label, octets in HARMLESS.items():
        try:
            matches = rules.match(data=octets, timeout=SECONDS, warnings_callback=_nothing)
        except yara.Error as error:
            told = f"a scan of {label} goes wrong: {_in_words(error)}"
            yield Problem(file, 0, "error", told)
            return
        for match in matches:
            found.setdefault(match.rule, []).append(label)
            severities[match.rule] = said(match.meta).severity
    for name, labels in found.items():
        level: Level = "error" if severities[name] == "malicious" else "warning"
        told = f"{name}: matches harmless mail ({severities[name]}): {', '.join(labels)}"
        yield Problem(file, cuts.line_of(name), level, told)


def _nothing(_kind: int, _warning: Any) -> int:
    return int(yara.CALLBACK_CONTINUE)


def _in_words(error: yara.Error) -> str:
    if isinstance(error, yara.TimeoutError):
        return f"it is not finished after {SECONDS} seconds"
    return str(error)
