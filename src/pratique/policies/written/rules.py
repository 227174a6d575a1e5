"""Read the rules of a policy out of its TOML, and say all that is wrong with each.

Nothing is repaired and nothing is guessed: a rule with a problem is left out, and a
policy with a problem is not used.  Reading still goes on after a problem, so that an admin
sees the others too.
"""

from collections.abc import Mapping
from typing import Any

from pratique.policies.checks.forgeable import read_forgeable
from pratique.policies.hints import hints
from pratique.policies.language import tree
from pratique.policies.language.condition import CompileError, Condition
from pratique.policies.lists.lists import NO_LISTS, Lists
from pratique.policies.verdict import Action
from pratique.policies.written import keys, sequence
from pratique.policies.written.edits import REBUILD, STRIP, read_strip
from pratique.policies.written.examples import read_tests
from pratique.policies.written.orders import Orders, read_orders
from pratique.policies.written.places import Path
from pratique.policies.written.reading import Reading, kind_of
from pratique.policies.written.rule import NOTE, Rule
from pratique.policies.written.terms import read_mode, read_reply, read_until

# A policy with more is written by a program, which can write a list instead.
MOST_RULES = 2_000

_Table = Mapping[str, Any]


def read_rules(reading: Reading, lists: Lists = NO_LISTS) -> list[Rule]:
    """Return the rules without problems, in order, those of included policies at the end.

    Problems are left in `reading`, and so is where each rule stands.
    """
    texts = (reading, *reading.included)
    rules: list[Rule | None] = []
    found: list[sequence.Standing] = []
    for one in texts:
        keys.check_top(one)
        tables = _tables(one)
        found += [sequence.Standing(one, ("rule", at), table) for at, table in enumerate(tables)]
    if not found and not reading.problems:
        hint = 'the shortest policy: [[rule]] name = "hold all", actions = ["quarantine"], a reason'
        reading.say((), "there is no rule", hint)
    for each in found:
        rule = _rule(each.reading, each.path, each.table, lists)
        rules.append(rule)
        if rule is not None:
            reading.places.setdefault(rule.name, (each.reading, each.path))
    sequence.check(found)
    return [rule for rule in rules if rule]


def _tables(reading: Reading) -> list[_Table]:
    tables = reading.values.get("rule", [])
    if isinstance(tables, dict):
        reading.say_key(("rule",), "`rule` is one table, not a list", "write `[[rule]]`")
        return []
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        reading.say(("rule",), "`rule` is no list of tables", "write `[[rule]]`")
        return []
    if len(tables) > MOST_RULES:
        hint = "names and addresses stand in a `[[list]]`, not in a rule each"
        reading.say_key(("rule", MOST_RULES), f"there are more than {MOST_RULES} rules", hint)
    return tables[:MOST_RULES]


def _rule(reading: Reading, path: Path, table: _Table, lists: Lists) -> Rule | None:
    before = len(reading.problems)
    for key in table.keys() - set(keys.KEYS):
        keys.say_unknown_key(reading, path, key, "a rule")
    condition = _condition(reading, path, table, lists)
    orders = _orders(reading, path, table)
    _reason(reading, path, table, orders)
    rule = Rule(
        reading.text_at(table, path, "name"),
        condition,
        orders.final,
        orders.add_header,
        reading.text_at(table, path, "reason"),
        read_tests(reading, path, table, decides=orders.final is not None),
        reading.layout.line_and_column(reading.layout.key(path))[0],
        read_strip(reading, path, table, orders.changes, lists),
        rebuild=REBUILD in orders.changes,
        forgeable=read_forgeable(reading, path, table),
        mode=read_mode(reading, path, table),
        until=read_until(reading, path, table),
        reply=read_reply(reading, path, table, orders.final),
        redirect=orders.redirect,
        notify=orders.notify,
        file=reading.file,
        changed_in=reading.moved[path][0].file if path in reading.moved else "",
    )
    return None if len(reading.problems) > before else rule


def _condition(reading: Reading, path: Path, table: _Table, lists: Lists) -> Condition | None:
    if "when" not in table:
        return None
    where = (*path, "when")
    text = table["when"]
    if not isinstance(text, str):
        hint = "write it between quotation marks; the last rule has no `when` at all"
        reading.say(where, f"`when` is {kind_of(text)}, not a condition", hint)
        return None
    try:
        condition = Condition.compile(text, lists=lists)
    except CompileError as error:
        for each in hints.explain(text, error.faults):
            reading.say_in(where, each.offset, each.message, each.hint)
        return None
    _oversights(reading, where, condition)
    return condition


def _oversights(reading: Reading, where: Path, condition: Condition) -> None:
    if tree.asks_nothing(condition):
        hint = "a rule for every message is the last one, without `when`"
        reading.say(where, "the condition asks no fact: it is the same for every message", hint)
    for each in tree.oversights(condition):
        reading.say_in(where, each.offset, each.message, each.hint)


def _orders(reading: Reading, path: Path, table: _Table) -> Orders:
    if "actions" in table:
        return read_orders(reading, path, table)
    if keys.lacks(table, "actions"):
        reading.say_key(path, "the rule has no actions", 'write `actions = ["accept"]`')
    return Orders()


def _reason(reading: Reading, path: Path, table: _Table, orders: Orders) -> None:
    is_told = orders.notes or orders.notify or orders.changes
    needed = is_told or orders.final not in (None, Action.ACCEPT)
    tests = table.get("test", [])
    # TOML assigns a reason written below a test to the test: that is reported there.
    strayed = isinstance(tests, list) and any("reason" in test for test in tests)
    given = bool(table.get("reason")) if "reason" in table else not keys.lacks(table, "reason")
    if needed and not given and not strayed:
        shown = next(iter(orders.changes), None) or _shown(orders)
        reader = "the note that stays tells it to its reader" if STRIP in orders.changes else ""
        hint = f'{reader or "a postmaster reads it in the log"}: `reason = "..."`'
        place = (*path, "reason") if "reason" in table else path
        reading.say_key(place, f"a rule with `{shown}` has no reason", hint)


def _shown(orders: Orders) -> str:
    if orders.notify and orders.final in (None, Action.ACCEPT):
        return "notify"
    return orders.final or NOTE
