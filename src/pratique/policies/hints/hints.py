"""Say in an admin's words what CEL has against a condition, and what would be right.

CEL's own messages are exact about names and types, and of little help about grammar: for
`a and b` it says "mismatched input 'and' expecting <EOF>".  An admin who writes a first
condition writes Python, SQL, Perl or a rule language of another mail filter, so the words
and signs of those are looked for first.
"""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pratique.policies.hints import dialects, foreign
from pratique.policies.hints.types_told import called, mend
from pratique.policies.language import units, vocabulary
from pratique.policies.language.condition import Fault
from pratique.policies.language.texts import TEXT

_TOKEN = re.compile(
    rf"(?P<string>{TEXT})"
    r"|(?P<number>\d+\.\d+\.\d[\d./]*|\d[\d_]*(?:,\d{3})+|\d[\w.]*"
    rf"(?:[ ]+(?:{'|'.join(units.WORDS)})\b)?)"
    r"|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<sign>===|!==|=~|!~|<>|->|=>|==|!=|<=|>=|&&|\|\||.)",
    re.DOTALL | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Explained:
    """A fault in an admin's words; `offset` counts from the condition's first character."""

    offset: int
    message: str
    hint: str = ""


def explain(text: str, faults: Sequence[Fault]) -> list[Explained]:
    """Return the faults worth reporting, each in an admin's words; at least one."""
    grammar = [fault for fault in faults if _is_grammar(fault)]
    if grammar:
        # One slip makes a parser stumble several times: only the first is the admin's.
        return [_grammar(text, grammar[0])]
    told = [_meaning(text, fault) for fault in faults if "'*error*'" not in fault.message]
    calls = [each for each in told if each.message.startswith("no function")]
    # `parts.any(p, ...)`: that `p` is unknown follows from `any`, which is no macro.
    return calls or told or [Explained(0, faults[0].message)]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint that names the nearest known word; empty if none is near."""
    near = nearest(word, known)
    return f"did you mean `{near}`?" if near else ""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the nearest known word; empty if none is near."""
    folded = {each.lower(): each for each in known}
    near = difflib.get_close_matches(word.lower(), folded, n=1, cutoff=0.6)
    return folded[near[0]] if near else ""


def word_meant(word: str, words: Iterable[str]) -> str:
    """Return a hint for a word that a field never holds: the one meant, or all that exist."""
    known = [each for each in words if each]
    meant = dialects.WORDS.get(word.lower(), word.lower())
    if meant in known:
        return f"did you mean `{meant}`?"
    return did_you_mean(word, known) or one_of(known)


def word_of(word: str, known: Sequence[str]) -> str:
    """Return a hint for a final action that does not exist: the one meant, or all that exist."""
    meant = dialects.FINAL.get(word.lower())
    near = f"did you mean `{meant}`?" if meant else did_you_mean(word, known)
    return near or one_of(known)


def regex(pattern: str, problem: str) -> str:
    """Return a hint for a regular expression that does not compile."""
    if pattern.startswith("*") or "repetition operator" in problem:
        return "`*` is no wildcard here: a name that ends in .exe is `(?i)[.]exe$`"
    if "perl operator" in problem or "escape" in problem:
        return "the syntax is RE2's, without look-around and back-references"
    if "repetition size" in problem:
        return "at most 1000 repetitions"
    return "a sign that is meant as it is, such as ( or [, is escaped: `[(]`"


def one_of(words: Iterable[str]) -> str:
    """Return a hint that lists what there is."""
    return "one of " + ", ".join(words)


def _is_grammar(fault: Fault) -> bool:
    return fault.message.startswith(("Syntax error", "reserved identifier"))


def _offset(text: str, fault: Fault) -> int:
    lines = text.split("\n")
    return sum(len(line) + 1 for line in lines[: fault.line - 1]) + fault.column - 1


def _grammar(text: str, fault: Fault) -> Explained:
    if not text.strip():
        return Explained(0, "the condition is empty", "the last rule has no `when` at all")
    at = _offset(text, fault)
    checks = [_foreign, _brackets]
    if "token recognition error" in fault.message:
        checks.insert(1, _escape)
    for check in checks:
        if found := check(text, at):
            return found
    if "input '<EOF>'" in fault.message:
        return Explained(
            at, "the condition ends too early", "something must follow, or a sign goes"
        )
    sign = next((token[0] for token in _TOKEN.finditer(text, at)), "")
    if "expecting {" in fault.message:
        return Explained(
            at, f"`{sign}` cannot stand here", "a condition or a value is missing before it"
        )
    hint = "two conditions are joined with `&&` or `||`, words of a list with `,`"
    if sign == ":":
        hint = "CEL has no slices and no tags: `x.startsWith(...)`, `x == ...`, `x > ...`"
    if sign == "\\":
        hint = "no backslash is needed before a quotation mark: when = 'x == \"...\"'"
    return Explained(at, f"`{sign}` cannot stand here", hint)


def _foreign(text: str, at: int) -> Explained | None:
    """Find a word or sign of another language, and say what CEL writes for it."""
    tokens = [token for token in _TOKEN.finditer(text) if not token[0].isspace()]
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.lastgroup == "string" or (before and before[0] == "."):
            continue
        if token.lastgroup == "number" and token[0].count(".") > 1:
            hint = f'an address is a text: "{token[0]}"'
            return Explained(token.start(), f"`{token[0]}` is no number in CEL", hint)
        if token.lastgroup == "number" and (hint := units.hint(token[0])):
            return Explained(token.start(), f"`{token[0]}` is no number in CEL", hint)
        key = token[0].lower() if token.lastgroup == "word" else token[0]
        if key in dialects.OPERATORS:
            return Explained(token.start(), f"`{token[0]}` is not CEL", dialects.OPERATORS[key])
        if before and before[0] == "in" and token[0] in ("(", "{") and "," in text[token.start() :]:
            return Explained(token.start(), "a list is needed here", 'CEL writes `x in ["a", "b"]`')
        if token.start() > at:
            break
    return None


def _escape(text: str, at: int) -> Explained | None:
    """Find a text literal that is not closed, or a backslash escape that CEL does not know."""
    opened = re.match(r"""["']""", text[at : at + 1])
    if not opened:
        return None
    literal = re.match(rf"{opened[0]}(?:\\.|[^\\])*?{opened[0]}", text[at:], re.DOTALL)
    wrong = re.search(r"\\[^abfnrtv\\\"'?`xXuU0-7]", literal[0]) if literal else None
    if literal and wrong:
        raw = f"r{literal[0]}" if len(literal[0]) < 40 else 'r"..."'
        hint = f"a regular expression stands in raw text: `{raw}`, or each `\\` twice"
        return Explained(at + wrong.start(), f"`{wrong[0]}` is no escape of CEL", hint)
    return Explained(at, "a text is not closed", f"a closing `{opened[0]}` is missing")


def _brackets(text: str, _: int) -> Explained | None:
    """Find a bracket without its other half."""
    pairs = {")": "(", "]": "[", "}": "{"}
    closing = {opening: close for close, opening in pairs.items()}
    stack: list[re.Match[str]] = []
    for token in _TOKEN.finditer(text):
        if token[0] in closing:
            stack.append(token)
        elif token[0] in pairs:
            if not stack or stack[-1][0] != pairs[token[0]]:
                return Explained(token.start(), f"`{token[0]}` closes nothing", "one too many")
            stack.pop()
    if not stack:
        return None
    opening = stack[-1]
    hint = f"a closing `{closing[opening[0]]}` is missing"
    return Explained(opening.start(), f"`{opening[0]}` is not closed", hint)


def _meaning(text: str, fault: Fault) -> Explained:
    at = _offset(text, fault)
    for pattern, explained in _MEANINGS:
        if found := re.fullmatch(pattern, fault.message):
            return explained(text, at, *found.groups())
    return Explained(at, fault.message)


_VARIABLES = (*vocabulary.VARIABLES, *vocabulary.PLAIN, "rcpt")


def _undeclared(text: str, at: int, name: str) -> Explained:
    if text[at : at + 1] == "(":
        at -= len(name)
        hint = (
            dialects.CALLS.get(name)
            or did_you_mean(name, dialects.KNOWN_CALLS)
            or foreign.name(name)
            or one_of(dialects.KNOWN_CALLS)
        )
        message = (
            f"no function `{name}`"
            if name not in dialects.KNOWN_CALLS
            else f"no function `{name}` of these arguments"
        )
        return Explained(at, message, hint)
    # For `a.b` CEL gives the place of the dot.
    root, dot, rest = name.partition(".")
    start = at - (len(root) if dot else 0)
    hint = _name(root, rest)
    if named := _in_quotes(text[:start], root):
        hint = named if not hint or "in_list" in text else hint
    hint = hint or did_you_mean(root, _VARIABLES) or foreign.name(root)
    # A name of another filter, and misspelt.
    hint = hint or dialects.NAMES.get(nearest(root, dialects.NAMES), "")
    hint = hint or one_of(_VARIABLES)
    return Explained(start, f"unknown name `{root}`", hint)


def _name(root: str, rest: str) -> str:
    if hint := dialects.NAMES.get(root.lower()):
        return hint
    if vocabulary.is_word(root):
        return f'a word of the vocabulary is text: "{root}"'
    if ways := list(vocabulary.ways_to(root)):
        return f"did you mean `{ways[0]}`?"
    if len(root) == 1 and rest:
        return f"`{root}` is known only inside of `parts.exists({root}, ...)`"
    return ""


def _in_quotes(before: str, word: str) -> str:
    """Return a hint for a word that stands where mostly a text is meant."""
    if re.search(r"(==|!=|\bin|\[|,)\s*$", before):
        return f'a text stands between quotation marks: "{word}"'
    return ""


def _undefined_field(_: str, at: int, name: str, message: str) -> Explained:
    short = message.removeprefix(vocabulary.PACKAGE)
    known = vocabulary.descriptor(message)
    fields = list(known.fields_by_name) if known else []
    if f"{name}_" in fields:
        hint = f"the field is `{name}_`: `{name}` alone is a keyword"
    elif name in ("recipient", "recipients", "rcpt"):
        hint = dialects.NAMES["recipients"]
    elif short == "Envelope" and name in ("sender", "from", "mail_from", "mailfrom", "return_path"):
        hint = dialects.NAMES["mail_from"]
    elif near := did_you_mean(name, fields):
        hint = near
    elif other := dialects.FIELDS.get((short, name.lower())):
        hint = other
    elif name in vocabulary.PLAIN:
        hint = f"`{name}` stands alone"
    elif name in vocabulary.VARIABLES:
        hint = f"`{name}` stands alone: `{name}.exists({name[0]}, ...)`"
    elif ways := list(vocabulary.ways_to(name)):
        hint = f"did you mean `{ways[0]}`?"
    else:
        hint = one_of(fields)
    # CEL points at the dot.
    return Explained(at + 1, f"no field `{name}` in {short}", hint)


def _called_so(sign: str) -> str:
    """Return an operator or a function as an admin writes it: `_==_` and `@in` as `==` and `in`."""
    bare = sign.strip("_@")
    return bare if bare.replace("_", "").isalpha() else sign.replace("_", "") or sign


def _overload(text: str, at: int, sign: str, left: str, right: str) -> Explained:
    if re.match(r"in\s*\[?[\"'][\da-fA-F.:]+/\d", text[at:]):
        return Explained(at, "`in` knows no ranges of addresses", dialects.CALLS["cidr"])
    shown = _called_so(sign)
    if shown in ("&&", "||") and not text.startswith(shown, at):
        # `exists` and `all` join their answers with these.
        hint = 'compare inside of the brackets: `parts.exists(p, p.unopened != "")`'
        return Explained(at, "a condition is needed inside of the brackets", hint)
    types = f"`{shown}` does not go with {called(left)} and {called(right)}"
    subject = re.search(r"[\w.]*\s*$", text[:at])
    name = subject[0].strip(". ") if subject else ""
    return Explained(at, types, mend(shown, left, right, name or "x"))


# `!x in [...]`: `!` takes only the operand next to it.
_NOT_OF_HALF = re.compile(
    rf"!\s*(?:{TEXT}|[A-Za-z_][\w.]*(?:\([^()]*\))?)\s*(?P<sign>in\b|[=!<>]=|[<>])", re.DOTALL
)


def _overload_of_one(text: str, at: int, sign: str, operand: str) -> Explained:
    shown = _called_so(sign)
    if shown == "!" and (half := _NOT_OF_HALF.match(text, at)):
        hint = f"`!` takes a whole condition: put it in brackets, `!(x {half['sign']} ...)`"
        return Explained(at, f"`!` does not go with {called(operand)}", hint)
    if operand.startswith("list("):
        hint = "ask the elements: `mail.header.from_.exists(f, ...)`"
        return Explained(at, f"`{shown}` does not go with {called(operand)}", hint)
    hint = 'compare first: `mail.subject == ""`, `parts.size() == 0`' if shown == "!" else ""
    return Explained(at, f"`{shown}` does not go with {called(operand)}", hint)


def _not_a_list_field(text: str, at: int, kind: str) -> Explained:
    field = re.match(r"\.\s*(\w+)", text[at:])
    name = field[1] if field else "x"
    if "Timestamp" in kind:
        hint = "a time is asked with `getHours()`, `getDayOfWeek()`, ..."
        return Explained(at + 1, f"a time has no field `{name}`", hint)
    start = re.search(r"[\w.]*$", text[:at])
    subject = start[0] if start else ""
    if name in ("size", "length", "count", "len"):
        return Explained(
            at + 1, f"`{name}` is no field of {called(kind)}", f"write `{subject}.size()`"
        )
    if kind == "string":
        hint = "the domain of an address is `domain_of({})`".format(subject or "x")
        hint = hint if name == "domain" else "compare the text itself: `x == ...`"
        return Explained(at + 1, f"a text has no field `{name}`", hint)
    hint = f"ask its elements: `{subject}.exists({subject[:1]}, {subject[:1]}.{name} ...)`"
    return Explained(at + 1, f"{called(kind)} has no field `{name}`", hint)


def _not_a_condition(_: str, at: int, answer: str) -> Explained:
    hints = {
        "string": 'compare it: `mail.subject != ""`',
        "int": "compare it: `mail.size > 0`",
        "timestamp": "compare it with another time",
    }
    hint = hints.get(answer.lower(), "ask a field of it")
    if answer.lower().startswith("list"):
        hint = "ask the list: `x.size() > 0` or `parts.exists(p, ...)`"
    return Explained(at, f"the condition gives {called(answer)}, not true or false", hint)


def _too_large(_: str, at: int) -> Explained:
    return Explained(at, "the number is too large", "at most 9223372036854775807")


def _has(_: str, at: int) -> Explained:
    hint = "`has` takes a field: `has(envelope.reverse_path)`"
    return Explained(at, "`has` cannot ask this", hint)


_MEANINGS = (
    (r"undeclared reference to '([^']*)'.*", _undeclared),
    (r"undefined field '([^']*)' not found in struct '([^']*)'", _undefined_field),
    (r"found no matching overload for '([^']*)' applied to '\((.*), (.*?)\)'", _overload),
    (r"found no matching overload for '([^']*)' applied to '\(([^,]*)\)'", _overload_of_one),
    (r"expression of type '(.*)' cannot be the operand of a select operation", _not_a_list_field),
    (r"invalid int literal", _too_large),
    (r"has\(\) argument must be a field selection", _has),
    (r"not a condition: (.*)", _not_a_condition),
)
