"""Change rules of included policies from the policy that includes them.

    [[override]]
    rule = "program"              # the name of an included rule
    mode = "shadow"               # replaces what stands there; all else stays

An override is applied to the text of the rule, before that is read: a rule with an override
must meet the same demands as any other, and errors are reported where they are written.

An admin who changes what a rule asks or orders writes new tests for it: those that came with
it were for another rule, and are dropped.  So is what belongs to its old actions only (a
`reply` of another class, what `strip` took out), and `forgeable`, which was said of another
condition.
"""

from collections.abc import Mapping
from typing import Any

from pratique.policies.hints import hints
from pratique.policies.written import keys
from pratique.policies.written.edits import KEYS as STRIP_KEYS
from pratique.policies.written.edits import STRIP
from pratique.policies.written.orders import names_in
from pratique.policies.written.places import Path
from pratique.policies.written.reading import Reading
from pratique.policies.written.rule import FINAL
from pratique.policies.written.terms import fits

KEYS = ("rule", *(key for key in keys.KEYS if key != "name"))
# A change to one of these makes another rule of it, with other tests.
_OTHER_TESTS = {"when", "actions", "test"}

# A policy that changes more of another one had better be written anew.
MOST_OVERRIDES = 500

_Table = Mapping[str, Any]


def carry_out(reading: Reading) -> None:
    """Change the rules that a text includes as its overrides say."""
    tables = reading.values.get("override", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        reading.say_key(("override",), "`override` is no list of tables", "write `[[override]]`")
        return
    if len(tables) > MOST_OVERRIDES:
        hint = "a policy that is changed so much is another one: write it out"
        message = f"there are more than {MOST_OVERRIDES} overrides"
        reading.say_key(("override", MOST_OVERRIDES), message, hint)
    there = _included(reading)
    done: dict[str, int] = {}
    for index, table in enumerate(tables[:MOST_OVERRIDES]):
        path: Path = ("override", index)
        name = _rule_of(reading, path, table)
        if name in done:
            message = f"`{name}` is overridden on line {done[name]} too"
            reading.say((*path, "rule"), message, "write both in one `[[override]]`")
        elif name in there:
            done[name] = reading.line(path)
            _change(reading, path, table, *there[name])
        elif name:
            _unknown(reading, path, name, list(there))


def _included(reading: Reading) -> dict[str, tuple[Reading, Path]]:
    """Return where each included rule stands, by its name; of two with one name, the first."""
    there: dict[str, tuple[Reading, Path]] = {}
    for one in reading.included:
        for name, index in _named(one).items():
            there.setdefault(name, (one, ("rule", index)))
    return there


def _named(reading: Reading) -> dict[str, int]:
    """Return the rules of a text by their names, as far as they have any."""
    tables = reading.values.get("rule", [])
    tables = tables if isinstance(tables, list) else []
    there: dict[str, int] = {}
    for index, table in enumerate(tables):
        name = table.get("name") if isinstance(table, dict) else None
        if isinstance(name, str):
            there.setdefault(name, index)
    return there


def _rule_of(reading: Reading, path: Path, table: _Table) -> str:
    """Return the name of the rule that is changed; empty, with a complaint, if none is given."""
    for key in table.keys() - set(KEYS):
        if key == "name":
            hint = "the rule is named with `rule`; its name stays, verdicts are explained by it"
            reading.say_key((*path, key), "`name` cannot be overridden", hint)
        else:
            keys.say_unknown_key(reading, path, key, "an override")
    name = reading.text_at(table, path, "rule")
    if "rule" not in table:
        hint = 'write `rule = "the name of an included rule"`'
        reading.say_key(path, "the override names no rule", hint)
    elif not name and isinstance(table["rule"], str):
        reading.say((*path, "rule"), "the override names no rule", "write the name of a rule")
    elif table.keys() <= {"rule"}:
        hint = f"one of {', '.join(KEYS[1:])}; or leave the override out"
        reading.say_key(path, "the override changes nothing", hint)
    return name


def _unknown(reading: Reading, path: Path, name: str, there: list[str]) -> None:
    if name in _named(reading):
        hint = "it stands in this file: change it there"
    elif not reading.included:
        hint = "no policy is included: `include` stands at the top of the file"
    else:
        hint = hints.did_you_mean(name, there) or hints.one_of(f"`{each}`" for each in there)
    reading.say((*path, "rule"), f"no included policy has a rule `{name}`", hint)


def _change(reading: Reading, path: Path, table: _Table, one: Reading, rule: Path) -> None:
    """Replace what stands in a rule by what an override says."""
    said = {key: value for key, value in table.items() if key in KEYS and key != "rule"}
    standing = {**one.values["rule"][rule[1]]}
    for key in _dropped(standing, said):
        standing.pop(key, None)
        one.moved.pop((*rule, key), None)
    one.values["rule"][rule[1]] = standing | said
    for key in said:
        one.moved[*rule, key] = reading, (*path, key)
    if said.keys() & _OTHER_TESTS:
        one.moved[rule] = reading, path


def _dropped(standing: _Table, said: _Table) -> set[str]:
    """Return which keys belong to an old condition, or to old actions, and no longer fit."""
    dropped: set[str] = set()
    if said.keys() & {"when", "actions"}:
        dropped |= {"test", "forgeable"}
    if "actions" in said:
        ordered = names_in(said["actions"])
        final = next((name for name in ordered if name in FINAL), None)
        if not fits(standing.get("reply"), final):
            dropped.add("reply")
        if STRIP not in ordered:
            dropped.update(STRIP_KEYS)
    return dropped
