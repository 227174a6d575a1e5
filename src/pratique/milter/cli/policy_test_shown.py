"""Show the results of a policy's tests: which are not met, and what they do not ask for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pratique.milter.cli.screen import printable
from pratique.milter.policy_file import PolicyFile
from pratique.milter.policy_trial import Trials
from pratique.policies.trials.coverage import Coverage, Leaf, OfRule
from pratique.policies.trials.mutants import Mutant, Outcome
from pratique.policies.trials.trial import Result
from pratique.policies.written.reading import Reading
from pratique.policies.written.rule import Rule

# As much of a piece of a condition as fits on a line after its place.
_MOST_OF_A_PIECE = 90


@dataclass(frozen=True, slots=True)
class Shown:
    """All that is to be shown; `coverage` and `mutants` only where they were asked for."""

    found: PolicyFile
    trials: Trials
    coverage: Coverage | None = None
    mutants: Outcome | None = None


def in_text(shown: Shown, *, verbose: bool) -> str:
    """Write it for a person."""
    lines = list(_tests(shown, verbose=verbose))
    places = _Places(shown.found)
    if shown.coverage is not None:
        lines += _coverage(shown.coverage, places, verbose=verbose)
    if shown.mutants is not None:
        lines += _mutants(shown.mutants, places)
    return "\n".join(lines)


def in_json(shown: Shown) -> dict[str, Any]:
    """Write it for a program, as one object."""
    places = _Places(shown.found)
    written: dict[str, Any] = {
        "policy": shown.found.name,
        "hash": shown.trials.policy.hash,
        "tests": [_written(result, shown.found.name) for result in shown.trials.own],
        "otherwise": [_written(result, shown.found.name) for result in shown.trials.otherwise],
    }
    if shown.coverage is not None:
        covered = shown.coverage
        written["coverage"] = {
            "rules": len(covered.rules),
            "rules_covered": covered.covered,
            "sides": covered.sides,
            "sides_covered": covered.sides_covered,
            "gaps": [
                {"rule": rule, "file": file, "line": line, "text": text, "missing": missing}
                for rule, file, line, text, missing in _gaps(covered, places)
            ],
        }
    if shown.mutants is not None:
        outcome = shown.mutants
        written["mutants"] = {
            "tried": outcome.tried,
            "caught": len(outcome.caught),
            "rate": round(outcome.rate(), 4),
            "rate_of_conditions": round(outcome.rate_of_conditions(), 4),
            "cut": outcome.cut,
            "survived": [_survivor(each, places) for each in outcome.survived],
        }
    return written


def _tests(shown: Shown, *, verbose: bool) -> Iterator[str]:
    trials, name = shown.trials, shown.found.name
    for result in trials.own if verbose else trials.unmet:
        yield _line(result, name)
    if trials.otherwise:
        files = list(dict.fromkeys(result.test.file for result in trials.otherwise))
        for file in files:
            changed = [result for result in trials.otherwise if result.test.file == file]
            tests = "1 test" if len(changed) == 1 else f"{len(changed)} tests"
            come = "comes" if len(changed) == 1 else "come"
            yield f"{tests} of `{printable(file)}` {come} out otherwise under your rules"
            if verbose:
                yield from (f"  {_line(result, name)}" for result in changed)
    tests = "1 test" if len(trials.own) == 1 else f"{len(trials.own)} tests"
    yield f"{name}: {tests}, {len(trials.unmet)} not met"


def _line(result: Result, name: str) -> str:
    place = f"{result.test.file or name}:{result.test.line}"
    said = f"{place}: `{result.rule.name}`: expected {result.test.expect}"
    return printable(f"{said}, {result.why}" if result.why else f"{said}: met")


def _written(result: Result, name: str) -> dict[str, Any]:
    return {
        "rule": result.rule.name,
        "file": result.test.file or name,
        "line": result.test.line,
        "expect": result.test.expect,
        "action": result.verdict.action.value,
        "decided_by": result.verdict.rule,
        "met": not result.why,
        "why": result.why,
    }


def _coverage(covered: Coverage, places: "_Places", *, verbose: bool) -> Iterator[str]:
    """Yield a summary, and one line per rule with a gap; with `verbose`, one per gap."""
    rules = f"{covered.covered} of {len(covered.rules)} rules"
    sides = f"{covered.sides_covered} of {covered.sides} sides of their conditions"
    yield f"coverage: {rules} speak and are silent in tests, {sides} are reached"
    if verbose:
        for rule, file, line, text, missing in _gaps(covered, places):
            piece = f"{_piece(text)}: " if text else ""
            yield printable(f"  {file}:{line}: `{rule}`: {piece}{missing}")
        return
    for each in covered.rules:
        reached = sum(leaf.was_true + leaf.was_false for leaf in each.leaves)
        if each.missing or reached < 2 * len(each.leaves):
            file, line = places.of(each.rule, "", 0)
            share = f"{reached} of {2 * len(each.leaves)} sides"
            told = f"{each.missing}, {share}" if each.missing else share
            yield printable(f"  {file}:{line}: `{each.rule.name}`: {told}")


def _gaps(covered: Coverage, places: "_Places") -> Iterator[tuple[str, str, int, str, str]]:
    """Yield rule, file, line, text of the leaf (empty for the rule itself) and what is missing."""
    for each in covered.rules:
        if each.missing:
            yield each.rule.name, *places.of(each.rule, "", 0), "", each.missing
        for leaf in _open(each):
            place = places.of(each.rule, "when", leaf.offset)
            yield each.rule.name, *place, leaf.text, leaf.missing


def _open(covered: OfRule) -> Iterator[Leaf]:
    return (leaf for leaf in covered.leaves if leaf.missing)


def _mutants(outcome: Outcome, places: "_Places") -> Iterator[str]:
    for each in outcome.survived:
        file, line = places.of(each.rule, each.key, each.offset)
        yield printable(f"  {file}:{line}: `{each.rule.name}`: {each.how}: {_piece(each.piece)}")
    if outcome.tried == 0:
        yield "mutants: none, it has no rule of its own"
        return
    more = ", and there are more that were not tried" if outcome.cut else ""
    conditions = f"{outcome.rate_of_conditions():.0%} of conditions left out or turned round"
    caught = f"{len(outcome.caught)} of {outcome.tried} slips ({outcome.rate():.0%})"
    yield f"mutants: a test notices {caught}, and {conditions}{more}"
    if outcome.survived:
        yield "  one that survives is asked for by no test, or makes no difference"


def _survivor(mutant: Mutant, places: "_Places") -> dict[str, Any]:
    file, line = places.of(mutant.rule, mutant.key, mutant.offset)
    return {
        "rule": mutant.rule.name,
        "file": file,
        "line": line,
        "how": mutant.how.value,
        "text": mutant.piece,
    }


def _piece(text: str) -> str:
    piece = " ".join(text.split())
    return piece if len(piece) <= _MOST_OF_A_PIECE else piece[: _MOST_OF_A_PIECE - 1] + "…"


class _Places:
    """Where the keys of a policy's own rules stand in its file."""

    def __init__(self, found: PolicyFile) -> None:
        self._reading = Reading(found.name, found.text)
        values = self._reading.values
        rules = [("name", "rule", values.get("rule", []))]
        overrides = [("rule", "override", values.get("override", []))]
        # An [[override]] counts as the place of the rule that it changes.
        self._paths = {
            table.get(named): (key, index)
            for named, key, tables in (*rules, *overrides)
            for index, table in enumerate(tables)
        }

    def of(self, rule: Rule, key: str, offset: int) -> tuple[str, int]:
        """Return file and line of a letter in a key's text; failing that, those of the rule."""
        path = self._paths.get(rule.name)
        if path is None:
            return rule.file or self._reading.file, rule.line
        layout = self._reading.layout
        table = self._reading.values[path[0]][path[1]]
        if key not in table:
            return self._reading.file, self._reading.line(path)
        at = layout.key((*path, key)) if key == "actions" else layout.letter((*path, key), offset)
        return self._reading.file, layout.line_and_column(at)[0]
