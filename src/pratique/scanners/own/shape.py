"""Make a scanner of its class, and see that it has the shape that v1.py asks for.

What is found here would go wrong on every part, or, worse, on none: a misspelt kind is
never shown.
"""

import asyncio
import difflib
import inspect
import re

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import v1
from pratique.scanners.own.modules import Written
from pratique.scanners.part import Unfit

# It stands in facts and policies, and is announced before each part (page.py has room for it).
_NAME = re.compile(r"[a-z][a-z0-9._-]{0,63}")
_KINDS = tuple(facts.Kinds.Word.keys())
# A finding of each is a frame's worth; past that a scanner does not state, it dumps.
_MOST_FINDINGS = 1000


def made(written: Written) -> v1.Scanner:
    """The scanner, made but not set up.  Raises Unfit."""
    try:
        scanner: v1.Scanner = written.class_()
        problem = _problem(scanner)
    except (Exception, SystemExit) as error:
        raise written.blame(error, f"{written.class_.__name__}() fails") from error
    if problem:
        raise Unfit(written.told(f"{written.class_.__name__}: {problem}", _line(written.class_)))
    return scanner


def limits_of(scanner: v1.Scanner) -> v1.Limits:
    """What it declares, or the defaults."""
    limits: v1.Limits = getattr(scanner, "limits", v1.Limits())
    return limits


def _problem(scanner: v1.Scanner) -> str:
    """What is wrong with its shape; empty if nothing is."""
    name = getattr(scanner, "name", None)
    if not isinstance(name, str):
        return "it has no `name`"
    if not _NAME.fullmatch(name):
        return f"the name {name!r} is none: write a small letter, then small letters, digits, '-'"
    if problem := _problem_of_scan(scanner):
        return problem
    if hasattr(scanner, "Settings") and not callable(getattr(scanner, "setup", None)):
        return "it has `Settings`, and no method `setup` that takes them"
    if hasattr(scanner, "Settings") and not hasattr(scanner.Settings, "model_validate_json"):
        return "`Settings` is no pydantic model"
    return _problem_of_limits(limits_of(scanner))


def _problem_of_scan(scanner: v1.Scanner) -> str:
    scan = getattr(scanner, "scan", None)
    if not callable(scan):
        return "it has no method `scan`"
    if asyncio.iscoroutinefunction(scan) or inspect.isasyncgenfunction(scan):
        return "`scan` is async: in a worker there is nothing to wait for"
    try:
        inspect.signature(scan).bind(None)
    except TypeError as error:
        return f"`scan` must take one part: {error}"
    return ""


def _problem_of_limits(limits: object) -> str:
    if not isinstance(limits, v1.Limits):
        return "`limits` is no Limits(...)"
    if not (_is_count(limits.octets) and _is_count(limits.findings)):
        return "`limits` must be numbers of 1 or more"
    if limits.findings > _MOST_FINDINGS:
        return f"`limits` of {limits.findings} findings a part, at most {_MOST_FINDINGS} can be"
    if isinstance(limits.kinds, str):
        return f"`limits`: kinds are several words, write ({limits.kinds!r},)"
    for kind in limits.kinds:
        if kind not in _KINDS:
            close = difflib.get_close_matches(str(kind), _KINDS, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(_KINDS)}"
            return f"`limits`: no part is of the kind {kind!r}; {hint}"
    return ""


def _is_count(value: object) -> bool:
    return isinstance(value, int) and value >= 1


def _line(class_: type) -> int:
    """Where the class begins; 0 where nobody can tell."""
    try:
        return inspect.getsourcelines(class_)[1]
    except (OSError, TypeError):
        return 0
