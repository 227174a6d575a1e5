"""Tell what in a policy has expired: rules by `until`, lists and entries by `expires`.

The policy itself has no clock but the mail's, so the caller says which day it is.  A rule
or a whole list that has expired no longer has any effect, and was meant to be reviewed on that
day; expired entries are not a mistake, and the first of a list stands for all.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time

from pratique.policies.lists.named import List
from pratique.policies.policy import Policy
from pratique.policies.written.problem import Problem
from pratique.policies.written.reading import Reading
from pratique.policies.written.rule import Rule

# A line of a list's file: `entry ; ... expires=2027-01-15`.
_AGING = re.compile(r"^(?!\s*#)[^\n]*;\s*expires\s*=\s*\"?(\d{4}-\d\d-\d\d)", re.MULTILINE)


def expired(policy: Policy, when: date) -> Iterator[str]:
    """Yield a sentence, for a log, about each rule and list that has expired on that day (UTC)."""
    for rule in policy.rules:
        if _is_over(rule, when):
            yield f"{rule.file or policy.name}:{rule.line}: {_of_rule(rule)}"
    for each in (*policy.lists.named.values(), *policy.lists.groups.values()):
        if each.expires is not None and each.expires <= when:
            yield f"{each.file}:{each.line}: {_of_list(each)}"


def say(reading: Reading, policy: Policy, today: date) -> None:
    """Complain about what has expired, at its place."""
    for rule in policy.rules:
        if _is_over(rule, today):
            text, path = reading.places.get(rule.name, (reading, ()))
            text.say((*path, "until"), _of_rule(rule), "leave the rule out, or write a later day")
    for text in (reading, *reading.included):
        for index, table in enumerate(text.values.get("list", [])):
            one = policy.lists.named.get(table.get("name"))
            if one is not None and one.file in ("", text.file):
                _say_list(text, index, one, today)


def _say_list(text: Reading, index: int, one: List, today: date) -> None:
    if one.expires is not None and one.expires <= today:
        hint = "leave it out, or write a later day"
        text.say(("list", index, "expires"), _of_list(one), hint)
        return
    if not one.ages:
        return
    table = text.values["list"][index]
    told = "{} of `" + one.name + "` expired, the first here"
    hint = "take them out, or write a later day"
    if isinstance(file := table.get("file"), str):
        content = text.beside.lists.get(file, "")
        over = [found for found in _AGING.finditer(content) if _day(found[1]) <= today]
        if over:
            line = content.count("\n", 0, over[0].start(1)) + 1
            column = over[0].start(1) - content.rfind("\n", 0, over[0].start(1))
            message = told.format(_number(len(over)))
            text.problems.append(Problem(line, column, file, message, hint, "warning"))
        return
    over_at = [
        number
        for number, entry in enumerate(table.get("entries", ()))
        if isinstance(entry, dict) and "expires" in entry and _day(entry["expires"]) <= today
    ]
    if over_at:
        place = ("list", index, "entries", over_at[0], "expires")
        line, column = text.layout.line_and_column(text.layout.value(place))
        message = told.format(_number(len(over_at)))
        text.problems.append(Problem(line, column, text.file, message, hint, "warning"))


def _is_over(rule: Rule, when: date) -> bool:
    return rule.until is not None and rule.until <= datetime.combine(when, time(), UTC)


def _of_rule(rule: Rule) -> str:
    ended = f"{rule.until:%Y-%m-%d}" if rule.until else ""
    return f"the rule `{rule.name}` has expired: it holds for no mail since {ended}"


def _of_list(one: List) -> str:
    return f"the list `{one.name}` has expired: it holds for no mail since {one.expires}"


def _number(count: int) -> str:
    return f"{count} entries" if count > 1 else "an entry"


def _day(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value))
