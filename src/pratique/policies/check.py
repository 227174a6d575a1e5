"""Find everything that is wrong with a policy before mail does.

The text must be a policy at all (`rules.py`).  Only then can it be asked: each condition
must have an answer for an ordinary message and for each kind of unseen one, and a rule
above the last must decide each of those.  Unseen is not clean: what falls through to the
last rule would be accepted by silence.  A rule that decides must have a test.  And no door
may open for whoever writes a known name into a message (`forgeable.py`).
"""

from collections.abc import Iterator

from pratique.policies import forgeable, unseen
from pratique.policies.condition import NoAnswerError, Scene
from pratique.policies.policy import Policy
from pratique.policies.problem import Problem
from pratique.policies.reading import Reading
from pratique.policies.rule import Rule


def check(text: str, name: str = "policy.toml", *, demand_tests: bool = True) -> list[Problem]:
    """All problems of a policy, in the order of the file; empty if it is good."""
    reading = Reading(name, text)
    policy = Policy.read(reading)
    if policy is not None:
        _tests(reading, policy, demand=demand_tests)
        _forgeable(reading, policy)
        if not _unanswered(reading, policy):
            _undecided(reading, policy)
    return sorted(set(reading.problems))


def _tests(reading: Reading, policy: Policy, *, demand: bool) -> None:
    names = [rule.name for rule in policy.rules]
    for index, rule in enumerate(policy.rules):
        if demand and rule.final and not rule.tests:
            hint = 'add [[rule.test]] with `message = "file.eml"` or `facts...`, and `expect`'
            reading.say_key(("rule", index), f"the rule `{rule.name}` has no test", hint)
        for number, test in enumerate(rule.tests):
            if test.by and test.by not in names:
                place = ("rule", index, "test", number, "by")
                reading.say(place, f"there is no rule `{test.by}`", "write a rule's name")


def _forgeable(reading: Reading, policy: Policy) -> None:
    """Complain about rules that let through whoever writes a known name into a message."""
    for index, rule in enumerate(policy.rules):
        found = forgeable.opening(rule)
        if rule.forgeable and found is None:
            message = "`forgeable = true` is not needed: no forger can meet this by a name"
            reading.say_key(("rule", index, "forgeable"), message, "leave it out")
        elif found is not None and not rule.forgeable:
            reading.say_in(("rule", index, "when"), found.offset, found.message, found.hint)


def _unanswered(reading: Reading, policy: Policy) -> bool:
    """Complain about conditions that have no answer for a witness; tell if there are any."""
    scenes = [(case, Scene(case.known)) for case in unseen.ordinary_and_unseen()]
    found = False
    for index, rule in enumerate(policy.rules):
        for case, key, error in _failures(rule, scenes):
            message = f"the condition has no answer for {case.told}: {error}"
            hint = 'ask first: `size(x) > 0 && x[0] ...`, `"key" in x && x["key"] ...`'
            if rule.condition and "by_kind" in rule.condition.text:
                hint = "`any_kind` counts the parts left out, too"
            reading.say(("rule", index, key), message, hint)
            found = True
            break
    return found


def _failures(
    rule: Rule, scenes: list[tuple[unseen.Case, Scene]]
) -> Iterator[tuple[unseen.Case, str, str]]:
    """For which message which of the rule's conditions has no answer, and why."""
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
            reading.say_key(("rule", last), message, hint)
