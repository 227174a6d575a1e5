"""Hold a policy's text, its values and its places together while it is read.

Every complaint goes through here: a path of keys and indexes becomes file, line and
column.  What TOML itself refuses is explained here too, for admins who know YAML, INI or
JSON better.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pratique.policies.hints import hints
from pratique.policies.written.beside import NOTHING, Beside
from pratique.policies.written.places import Layout, Path, lay_out
from pratique.policies.written.problem import Problem

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")

# What follows below it, as `[[rule.test]]`, then belongs to another table.
_RULE_MISSPELT = re.compile(r"^\s*(?P<here>\[\[(?:[Rr]ules|R[Uu][Ll][Ee]S?)\]\])", re.MULTILINE)
# One table, where a policy has several: TOML stumbles only over the second.
_ONE_BRACKET = re.compile(
    r"^[ \t]*(?P<here>\[(?P<name>(?:rule|override)(?:\.test)?|list|group)\])", re.MULTILINE
)
# A text with an opening single quotation mark, but no closing one.
_OPEN_LITERAL = r"^[^#\n]*=\s*(?P<here>'(?!'')[^'\n]*)$"

_TYPES = {
    str: "a text", bool: "true or false", int: "a number", float: "a number", list: "a list",
    dict: "a table",
}  # fmt: skip

# Length of the path to a rule: the key, and the index.
_LENGTH_OF_A_RULE = 2


@dataclass(slots=True)
class Reading:
    """A policy being read: what it says, where, and what is wrong with it so far."""

    file: str
    text: str
    values: dict[str, Any] = field(default_factory=dict)
    layout: Layout = field(init=False)
    problems: list[Problem] = field(default_factory=list)
    beside: Beside = NOTHING
    # Policies that this one includes, and those that they include, in the order of their rules.
    # They leave their problems here.
    included: "tuple[Reading, ...]" = ()
    # Where it is included: a text and a place in that; None for the policy itself.
    named_at: "Standing | None" = None
    # What an `[[override]]` says instead of what stands here, and where it says it.
    moved: "dict[Path, Standing]" = field(default_factory=dict)
    # Where each rule that was read stands, by its name; those of included policies too.
    places: "dict[str, Standing]" = field(default_factory=dict)

    def __post_init__(self) -> None:
        try:
            self.values = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            self.layout = Layout(self.text.replace("\r\n", "\n"))
            self.problems.append(_toml_problem(self.file, self.layout, str(error)))
        except RecursionError:
            self.layout = Layout("")
            why = "too many brackets within each other"
            self.problems.append(_toml_problem(self.file, self.layout, why))
        else:
            self.layout = lay_out(self.text)

    def say(self, path: Path, message: str, hint: str = "") -> None:
        """Complain about a value."""
        reading, path = self.standing(path)
        reading.add(reading.layout.value(path), message, hint)

    def say_key(self, path: Path, message: str, hint: str = "") -> None:
        """Complain about a key, or about what is missing in a table."""
        reading, path = self.standing(path)
        reading.add(reading.layout.key(path), message, hint)

    def say_in(self, path: Path, index: int, message: str, hint: str = "") -> None:
        """Complain about a character of a text."""
        reading, path = self.standing(path)
        reading.add(reading.layout.letter(path, index), message, hint)

    def line(self, path: Path) -> int:
        """Return the line on which a key or a table stands."""
        reading, path = self.standing(path)
        return reading.layout.line_and_column(reading.layout.key(path))[0]

    def standing(self, path: Path) -> "Standing":
        """Return the text, and the place in it, where this is written: here, or in an override."""
        if path in self.moved:
            return self.moved[path]
        # A rule's own entry in `moved` is only for complaints about the rule as a whole.
        for length in range(len(path) - 1, _LENGTH_OF_A_RULE, -1):
            if path[:length] in self.moved:
                reading, start = self.moved[path[:length]]
                return reading, (*start, *path[length:])
        return self, path

    def text_at(self, table: Mapping[str, Any], path: Path, key: str) -> str:
        """Return a text of a table; empty, with a complaint, if it is something else."""
        value = table.get(key, "")
        if isinstance(value, str):
            return value
        shown = f'`{key} = "..."`'
        self.say((*path, key), f"`{key}` is {kind_of(value)}, not a text", f"write {shown}")
        return ""

    def add(self, offset: int, message: str, hint: str) -> None:
        """Complain about a place in this very text."""
        line, column = self.layout.line_and_column(offset)
        self.problems.append(Problem(line, column, self.file, message, hint))


# A text, and a place in it.
Standing = tuple[Reading, Path]


def kind_of(value: object) -> str:
    """Return what a TOML value is, for a person."""
    return _TYPES.get(type(value), "a date or time")


def _toml_problem(file: str, layout: Layout, error: str) -> Problem:
    place = _PLACE.search(error)
    message = _PLACE.sub("", error)
    if message.startswith("Cannot") and (found := _RULE_MISSPELT.search(layout.text)):
        line, column = layout.line_and_column(found.start("here"))
        told = f"`{found['here']}` is no table of a policy"
        return Problem(line, column, file, told, "did you mean `[[rule]]`?")
    if message.startswith("Cannot") and (found := _ONE_BRACKET.search(layout.text)):
        line, column = layout.line_and_column(found.start("here"))
        told = f"`{found['here']}` is one table, and another `{found['name']}` stands in the file"
        return Problem(line, column, file, told, f"write `[[{found['name']}]]`, two brackets")
    lines = layout.text.split("\n")
    if place and place[1] and not message.startswith("Unclosed"):
        line, column = int(place[1]), int(place[2])
    else:
        end = int(place[1]) if place and place[1] else len(lines)
        line, column = _unclosed("\n".join(lines[:end]))
    source = lines[line - 1] if line <= len(lines) else ""
    for pattern, told, hint in _TOML_HINTS:
        if found := re.search(pattern, source):
            shown = found.group("here") if "here" in found.groupdict() else ""
            start = found.start("here") + 1 if shown else column
            return Problem(line, start, file, told.format(shown), hint)
    told, hint = _TOML_WORDS.get(message.partition(" (")[0], (f"not TOML: {message}", ""))
    if message.startswith("Cannot declare"):
        told, hint = f"not TOML: {message}", "each rule begins with `[[rule]]`, two brackets"
    return Problem(line, column, file, told, hint or hints.one_of(("`key = value`", "`[[rule]]`")))


def _unclosed(text: str) -> tuple[int, int]:
    """Return the place of what was opened last, in a text that ends too early."""
    opened = [*re.finditer(r"=\s*([\[{])", text)]
    at = opened[-1].start(1) if opened else len(text)
    quoted = re.search(_OPEN_LITERAL, text, re.MULTILINE)
    if quoted:
        at = quoted.start("here")
    elif fences := [*re.finditer(r"\"\"\"|'''", text)]:
        at = fences[-1].start() if len(fences) % 2 else at
    before = text[:at]
    return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1


# By the line that TOML stumbles over: (pattern, what is wrong, what would be right).
_TOML_HINTS = (
    (
        r"^\s*[\w\".-]+\s*=\s*(?P<here>[“”„‘’])",
        "`{}` is no quotation mark of TOML",
        "text stands between plain quotation marks: '...'",
    ),
    (r"^\s*(?P<here>//|;|--)", "`{}` begins no comment", "a comment begins with `#`"),
    (r"^\s*(?P<here>- )", "`{}` is YAML, not TOML", "each rule begins with `[[rule]]`"),
    (r"^\s*[\w-]+\s*(?P<here>:)(?!=)", "`{}` is not TOML", "TOML writes `key = value`"),
    (
        r"=\s*(?P<here>\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}[./]\d{1,2}[./]\d{1,2})",
        "`{}` is no date of TOML",
        "a date is the year, the month and the day: 2027-01-15",
    ),
    (r"^\s*[\w-]+\s*(?P<here>==|:=)", "`{}` is not TOML", "TOML writes `key = value`"),
    (r"^\s*(?P<here>\[\[[^\]]*\]?)\s*(?:#.*)?$", "`{}` is not closed", "write `[[rule]]`"),
    (r"^\s*(?P<here>\[[^\[\]]*\]\])", "`{}` is closed twice", "write `[[rule]]`"),
    (
        r"=\s*(?P<here>True|False|TRUE|FALSE|yes|no|on|off|None|null)\b",
        "`{}` is no value of TOML",
        "TOML writes `true` and `false`",
    ),
    (
        r"^\s*when\s*=\s*(?P<here>\"(?!\"\").*\".*\".*)$",
        "the text ends at the second quotation mark",
        "a condition holds quotation marks: write it between single ones: when = '...'",
    ),
    (
        r"^\s*when\s*=\s*(?P<here>'(?!'').*'.*'.*)$",
        "the text ends at the second quotation mark",
        "write it between three: when = '''...'''",
    ),
    (
        r"^\s*when\s*=\s*(?P<here>[^\s\"'].*)$",
        "a condition is a text",
        "write it between quotation marks: when = '...'",
    ),
    (
        r"^\s*actions\s*=\s*\[.*?(?P<here>(?<=[\[,\s])[A-Za-z_]+)\s*[,\]]",
        "the action `{}` is a text",
        'write it between quotation marks: actions = ["accept"]',
    ),
    (
        r"^\s*[\w-]+\s*=\s*(?P<here>[A-Za-z_][^\"']*)$",
        "a text stands between quotation marks",
        "write `key = \"value\"`",
    ),
    (r"^\s*(?:when)\s*=\s*\".*(?P<here>\\[^\"\\bfnrtuU])", "`{}` is no escape of TOML",
     "write the condition between single quotation marks: when = '...'"),
    (r"=\s*(?P<here>\"[^\"]*|'[^']*)$", "the text is not closed on its line",
     "close it, or write it between three: '''...'''"),
    (r"(?P<here>\{)[^{}]*,\s*$", "a table in braces is not closed on its line",
     "TOML wants `{ ... }` on one line"),
    (r"^\s*(?P<here>[\w-]+)\s*$", "`{}` has no value", "TOML writes `key = value`"),
    (r"^\s*[\w-]+\s+(?P<here>[\"'\[{])", "`=` is missing before `{}`", "TOML writes `key = value`"),
)  # fmt: skip

_TOML_WORDS = {
    "Cannot overwrite a value": ("the same key stands twice in one table", "leave one of them out"),
    "Unterminated string": ("a text is not closed", "close it with the marks that opened it"),
    "Invalid date or datetime": ("there is no such day", "a date is written 2027-01-15"),
    "Unclosed array": ("a list is not closed", "a comma or `]` is missing"),
    "Unclosed inline table": ("a table is not closed", "a comma or `}` is missing"),
    "Expected newline or end of document after a statement": (
        "something follows the value on its line", "each key stands on a line of its own",
    ),
    "Unescaped '\\' in a string": (
        "`\\` is no escape of TOML here", "write the text between single quotation marks: '...'",
    ),
    "Invalid value": ("not a value of TOML", "text stands between quotation marks"),
    "Invalid initial character for a key part": ("no key can stand here", "a key is plain letters"),
    "Expected '=' after a key in a key/value pair": ("`=` is missing", "TOML writes `key = value`"),
}  # fmt: skip
