"""Find everything that is wrong with a policy before mail does.

The text must be a policy at all (`rules.py`).  Only then can it be asked: each condition
must have an answer for an ordinary message and for each kind of unseen one, and a rule
above the last must decide each of those.  Unseen is not clean: what falls through to the
last rule would be accepted by silence.  A rule that decides must have a test.  No rule may
let in a stranger who merely writes a known name into a message (`forgeable.py`), and none may
stand where it is never reached (`reach.py`).

What makes no verdict wrong (a missing test, a rule that is never reached, a list that no rule
uses) is reported separately: the admin should mend it, but it is no reason to take no mail.
What has expired (`expired.py`) is only for `policy check`, too: a service must be able to start
on the day after.
"""

import re
from collections.abc import Collection, Iterator
from datetime import date

from pratique.policies.checks import expired, forgeable, reach, unseen, unused
from pratique.policies.checks.wildcards import wildcards
from pratique.policies.hints.hints import did_you_mean
from pratique.policies.language.condition import NoAnswerError, Scene
from pratique.policies.policy import Policy
from pratique.policies.written.beside import NOTHING, Beside
from pratique.policies.written.problem import Problem
from pratique.policies.written.reading import Reading, Standing
from pratique.policies.written.rule import Rule

# Of one mistake only the cause is reported: (the cause, what follows from it).
_FOLLOWS = (
    (
        re.compile(r"`(list|group)` is one table|unknown key `\w*(list|group|address|map)\w*`$"),
        re.compile(r"there is no (list|group) `"),
    ),
    (
        re.compile(r"unknown key `.*` in a (list|group)$"),
        re.compile(r"the (list|group) .*(holds nothing|has no \w+)$"),
    ),
)


def check(
    text: str,
    name: str = "policy.toml",
    beside: Beside = NOTHING,
    *,
    demand_tests: bool = True,
    today: date | None = None,
) -> list[Problem]:
    """Return all problems of a policy, in the order of the file; empty if it is good.

    Without `demand_tests` only what could make a verdict wrong is included.  With `today` (UTC),
    what has expired by then is a problem; these are warnings.
    """
    wrong, idle = look(text, name, beside, today=today)
    return _in_order([*wrong, *idle] if demand_tests else wrong, name)


def look(
    text: str, name: str = "policy.toml", beside: Beside = NOTHING, *, today: date | None = None
) -> tuple[list[Problem], list[Problem]]:
    """Return what could make a verdict wrong, and what cannot, each as `check` reports it."""
    reading = Reading(name, text, beside=beside)
    policy = Policy.read(reading)
    if policy is not None:
        _slips(reading, policy, idle=False)
        _forgeable(reading, policy)
        if not _unanswered(reading, policy):
            _undecided(reading, policy)
    wrong = frozenset(reading.problems)
    if policy is not None:
        _tests(reading, policy)
        _slips(reading, policy, idle=True)
        _needless(reading, policy)
        _unreached(reading, policy)
        unused.say(reading, policy)
        _wildcards(reading, policy)
        if today is not None:
            expired.say(reading, policy, today)
    told = _in_order(_causes(set(reading.problems)), name)
    return [each for each in told if each in wrong], [each for each in told if each not in wrong]


def _in_order(problems: Collection[Problem], name: str) -> list[Problem]:
    """Sort what stands in the policy itself before what it names."""
    return sorted(problems, key=lambda each: (each.file != name, each.file, each))


def _causes(problems: Collection[Problem]) -> list[Problem]:
    """Return the problems without those that only follow from another."""
    left = list(problems)
    for cause, effect in _FOLLOWS:
        if any(cause.match(each.message) for each in problems):
            left = [each for each in left if not effect.match(each.message)]
    return left


def _standing(reading: Reading, index: int, rule: Rule) -> Standing:
    """Return the text that a rule stands in, and its place there."""
    return reading.places.get(rule.name, (reading, ("rule", index)))


def _tests(reading: Reading, policy: Policy) -> None:
    names = [rule.name for rule in policy.rules]
    for index, rule in enumerate(policy.rules):
        if not policy.owns(rule):
            continue
        text, path = _standing(reading, index, rule)
        if rule.final and not rule.tests:
            hint = 'add [[rule.test]] with `message = "file.eml"` or `facts...`, and `expect`'
            text.say_key(path, f"the rule `{rule.name}` has no test", hint)
        for number, test in enumerate(rule.tests):
            if test.by and test.by not in names:
                place = (*path, "test", number, "by")
                near = did_you_mean(test.by, names) or "write a rule's name"
                text.say(place, f"there is no rule `{test.by}`", near)


def _forgeable(reading: Reading, policy: Policy) -> None:
    """Complain about rules that let through anybody who writes a known name into a message."""
    for index, rule in enumerate(policy.rules):
        found = None if rule.forgeable else forgeable.opening(rule)
        # A condition that contradicts itself says nothing about what it lets through.
        if found is not None and not any(reach.slips(rule)):
            text, path = _standing(reading, index, rule)
            text.say_in((*path, "when"), found.offset, found.message, found.hint)


def _needless(reading: Reading, policy: Policy) -> None:
    """Complain about rules that are marked forgeable although they are not."""
    for index, rule in enumerate(policy.rules):
        if rule.forgeable and forgeable.opening(rule) is None and not any(reach.slips(rule)):
            text, path = _standing(reading, index, rule)
            message = "`forgeable = true` is not needed: no forger can meet this by a name"
            text.say_key((*path, "forgeable"), message, "leave it out")


def _slips(reading: Reading, policy: Policy, *, idle: bool) -> None:
    """Complain about conditions that contradict themselves; `idle` picks rules that never hold."""
    for index, rule in enumerate(policy.rules):
        if reach.is_idle(rule) is idle:
            text, path = _standing(reading, index, rule)
            for slip in reach.slips(rule):
                text.say_in((*path, "when"), slip.offset, slip.message, slip.hint)


def _wildcards(reading: Reading, policy: Policy) -> None:
    """Complain about what is meant as a wildcard: it never matched what was meant."""
    for index, rule in enumerate(policy.rules):
        text, path = _standing(reading, index, rule)
        asked = (
            ("when", rule.condition),
            ("strip_when", rule.strip.condition if rule.strip else None),
        )
        for key, condition in asked:
            for each in wildcards(condition) if condition is not None else ():
                text.say_in((*path, key), each.offset, each.message, each.hint)


def _unreached(reading: Reading, policy: Policy) -> None:
    """Complain about the policy's own rules that are never reached."""
    for found in reach.unreached(policy.rules):
        rule = policy.rules[found.place]
        if policy.owns(rule):
            text, path = _standing(reading, found.place, rule)
            by = " and ".join(f"`{each.name}` (line {each.line})" for each in found.by)
            message = f"never reached: {by} above decides all of this"
            hint = f"move it above `{found.by[0].name}`, or leave it out"
            text.say((*path, "when"), message, hint)


def _unanswered(reading: Reading, policy: Policy) -> bool:
    """Complain about conditions that have no answer for a witness; return whether there are any."""
    scenes = [(case, Scene(case.known)) for case in unseen.ordinary_and_unseen()]
    found = False
    for index, rule in enumerate(policy.rules):
        for case, key, error in _failures(rule, scenes):
            message = f"the condition has no answer for {case.told}: {error}"
            hint = 'ask first: `size(x) > 0 && x[0] ...`, `"key" in x && x["key"] ...`'
            if "conversion failed" in error:
                hint = 'write `timestamp("2026-01-31T00:00:00Z")`, `duration("90s")`, `int("7")`'
            if rule.condition and "by_kind" in rule.condition.text:
                hint = "`any_kind` counts the parts left out, too"
            text, path = _standing(reading, index, rule)
            text.say((*path, key), message, hint)
            found = True
            break
    return found


def _failures(
    rule: Rule, scenes: list[tuple[unseen.Case, Scene]]
) -> Iterator[tuple[unseen.Case, str, str]]:
    """Yield for which message which of the rule's conditions has no answer, and why."""
    for case, scene in scenes:
        key = "when"
        try:
            if rule.condition:
                rule.condition.holds(scene.before(unseen.RECIPIENT))
            key = "strip_when"
            if rule.strip:
                list(rule.strip.parts(scene))
        except NoAnswerError as error:
            yield case, key, str(error)


def _undecided(reading: Reading, policy: Policy) -> None:
    last = len(policy.rules) - 1
    name = policy.rules[last].name
    for family in unseen.families():
        words = [
            case.word
            for case in family.cases
            if any(policy.decide(each, unseen.RECIPIENT).rule == name for each in case.directions())
        ]
        if words:
            hint = f"above it: when = '{family.condition(words)}', actions = [\"quarantine\"]"
            message = f"{family.told} is decided by no rule above this: {', '.join(words)}"
            text, path = _standing(reading, last, policy.rules[last])
            text.say_key(path, message, hint)
