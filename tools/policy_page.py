"""Write docs/policy_reference.md from facts.proto and from what the readers of a policy know.

A fact is explained where it is declared, a key where the schema for editors describes it;
they are said once, there.  Of functions and actions the sentences stand below, and a test
demands that none is missing and that each example compiles.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pratique.policies.hints import dialects
from pratique.policies.language import units, vocabulary
from pratique.policies.language.condition import FUNCTIONS
from pratique.policies.lists import lists
from pratique.policies.lists.entries import KINDS
from pratique.policies.written import keys
from pratique.policies.written.examples import KEYS as OF_A_TEST
from pratique.policies.written.overrides import KEYS as OF_AN_OVERRIDE
from pratique.policies.written.schema import SAID

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/policy_reference.md"
PROTO = ROOT / "src/pratique/scanners/facts.proto"

HEAD = """# The language of policies: reference

`make pages` writes this page from `facts.proto` and from the code: do not edit it.
[The shipped policies](policies.md) show how the language is used, `pratique policy check` says
what is wrong with a policy ([how](policy_check.md)), and `pratique policy schema` writes a JSON
Schema for editors.

A policy is a TOML file. Its rules are read from the top, once for each recipient; the first that
holds and has a final action decides. The last rule has no `when`.
"""

ACTIONS = {
    "accept": "Final. It is delivered, with the edits and fields that rules above it ordered.",
    "redirect": 'Final. `{ redirect = "analyst@our.example" }`: it goes there instead.',
    "defer": "Final. The stranger hears 4yz and comes again; behind a queue it is held.",
    "reject": "Final. The stranger hears 5yz; behind a queue it is held.",
    "discard": "Final. It is taken and thrown away; nobody hears of it.",
    "quarantine": "Final. It is held, and somebody of ours decides.",
    "strip": "Takes out the parts that `strip` and `strip_when` mean, and leaves a note.",
    "rebuild": "Delivers one unambiguous reading of the message.",
    "note": "States, and reading goes on: `why` and the journal tell it.",
    "add_header": '`{ add_header = "X-Name: value" }`: a field goes out with the message.',
    "notify": '`{ notify = "security@our.example" }`: somebody of ours is told.',
}

CALLS = {
    "any_kind": ("Whether a part is of one of these kinds, parts left out counted.",
                 'any_kind(["executable", "script"])'),
    "any_name": ("Whether a regular expression occurs in a name of a part.",
                 'any_name("(?i)[.]exe$")'),
    "in_list": ("Whether a text stands in a `[[list]]`, by its name.",
                'in_list(auth.authenticated_as, "partners")'),
    "cidr": ("Whether an IP address lies in a network.",
             'cidr(envelope.client.ip, "192.0.2.0/24")'),
    "domain_of": ("The domain of an address, in lower case.",
                  'domain_of(envelope.reverse_path) == "x.example"'),
    "size": ("How many elements, or characters.", "parts.size() > 100"),
    "exists": ("Whether a condition holds for an element.",
               'parts.exists(p, p.kind == "script")'),
    "exists_one": ("Whether it holds for exactly one.",
                   'parts.exists_one(p, p.kind == "archive")'),
    "all": ("Whether it holds for all; of none it does.",
            'mail.header.to.all(a, a.domain == "our.example")'),
    "filter": ("The elements for which it holds.",
               'parts.filter(p, p.kind == "image").size() > 20'),
    "map": ("What an expression gives for each element.",
            'mail.header.to.map(a, a.domain).exists(d, d == "x.example")'),
    "has": ("Whether a field is there: the null reverse-path is, an unknown one is not.",
            "has(envelope.reverse_path)"),
    "contains": ("Whether a text holds another.", 'mail.subject.contains("invoice")'),
    "startsWith": ("Whether a text begins so.", 'mail.subject.startsWith("Re:")'),
    "endsWith": ("Whether a text ends so.", 'rcpt.address.endsWith("@our.example")'),
    "matches": ("Whether a regular expression (RE2) occurs in a text.",
                'mail.subject.matches("(?i)^fwd?:")'),
    "timestamp": ("A moment, written out.",
                  'envelope.received_at < timestamp("2027-01-01T00:00:00Z")'),
    "duration": ("A span of time; `7d` is shorter.",
                 'envelope.received_at - timestamp("2027-01-01T00:00:00Z") < duration("60s")'),
    "getHours": ("The hour, 0 to 23, in UTC or in a zone.",
                 'envelope.received_at.getHours("Europe/Berlin") < 6'),
    "getMinutes": ("The minute.", "envelope.received_at.getMinutes() < 30"),
    "getDayOfWeek": ("The day of the week; 0 is Sunday.",
                     "envelope.received_at.getDayOfWeek() == 0"),
    "getDate": ("The day of the month, from 1.", "envelope.received_at.getDate() == 1"),
    "getMonth": ("The month; 0 is January.", "envelope.received_at.getMonth() == 11"),
    "getFullYear": ("The year.", "envelope.received_at.getFullYear() == 2027"),
    "int": ("A text or a fraction as a number.", 'int("7") < parts.size()'),
    "string": ("A number as a text.", 'string(parts.size()) == "3"'),
    "double": ("A number as a fraction.", "double(parts.size()) > 1.5"),
}  # fmt: skip

_DECLARED = re.compile(r"\s*(?:(optional|repeated) )?([\w.]+|map<[^>]*>) (\w+) = \d+;")
_PLAIN = {
    "string": "text", "bytes": "octets", "bool": "true or false", "double": "fraction",
    "google.protobuf.Timestamp": "time",
}  # fmt: skip


@dataclass
class Message:
    """A message of facts.proto: its comment, and each field or word with its own."""

    name: str
    said: str
    fields: list[tuple[str, str, str]] = field(default_factory=list)
    words: list[tuple[str, str]] = field(default_factory=list)


def messages() -> list[Message]:
    """Those of facts.proto, in its order."""
    said: list[str] = []
    found_all: list[Message] = []
    for line in PROTO.read_text("utf-8").splitlines():
        bare = line.strip()
        if bare.startswith("//"):
            said.append(bare[2:].strip())
            continue
        comment, said = " ".join(said), []
        if found := re.match(r"message (\w+) \{", line):
            found_all.append(Message(found[1], comment))
        elif found := re.match(r"\s+(\w+) = \d+;", line):
            found_all[-1].words.append((found[1], comment))
        elif found := _DECLARED.match(line):
            found_all[-1].fields.append((found[3], _type(found[1] or "", found[2]), comment))
    return found_all


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_keys(), *_actions(), *_functions(), *_facts()])


def _keys() -> Iterator[str]:
    yield "## Keys\n"
    yield "At the top of a file stand `include` (a shipped policy or a file, or a list of them) and"
    yield "`mode` (`enforce` or `shadow`), then these tables:\n"
    for table, known in (
        ("[[list]]", lists.LIST_KEYS),
        ("an entry of a list", lists.ENTRY_KEYS),
        ("[[group]]", lists.GROUP_KEYS),
        ("[[override]]", OF_AN_OVERRIDE),
        ("[[rule]]", keys.KEYS),
        ("[[rule.test]]", OF_A_TEST),
    ):
        yield f"### {f'`{table}`' if '[' in table else table.capitalize()}\n"
        yield "| key | what |\n|---|---|"
        yield from (f"| `{key}` | {_cell(SAID[key])} |" for key in known)
        yield ""
    yield f"The kinds of lists are {_listed(KINDS)}.\n"


def _actions() -> Iterator[str]:
    yield "## Actions\n\n| action | what it does |\n|---|---|"
    yield from (f"| `{name}` | {_cell(said)} |" for name, said in ACTIONS.items())
    yield ""


def _functions() -> Iterator[str]:
    yield "## Functions\n"
    yield f"{_listed(FUNCTIONS)} are ours; the others are CEL's.\n"
    yield "| function | what it says | for example |\n|---|---|---|"
    for name in (*FUNCTIONS, *(each for each in dialects.KNOWN_CALLS if each not in FUNCTIONS)):
        said, example = CALLS[name]
        yield f"| `{name}` | {_cell(said)} | `{_cell(example)}` |"
    sizes, spans = _listed(units.SIZES), _listed(units.DURATIONS)
    yield f"\nUnits of size are {sizes} (powers of 1024: `10MB`), of time {spans} (`7d`).\n"


def _facts() -> Iterator[str]:
    yield "## Facts\n"
    yield "Each is a name that a condition can use. What is not known is empty, 0 or false.\n"
    # A field without a comment of its own is what its message is.
    sentences = {each.name: each.said.partition(". ")[0].rstrip(".") + "." for each in messages()}
    holders = {_words(each): each.name for each in messages() if each.words}
    for message in messages():
        yield f"### {message.name}\n"
        yield from (f"{text}\n" for text in (message.said, _reached(message.name)) if text)
        if message.words:
            yield "| word | what it says |\n|---|---|"
            yield from (f"| `{word}` | {_cell(said)} |" for word, said in _stated(message))
        elif message.fields:
            yield "| field | type | what it says |\n|---|---|---|"
            for name, kind, written in message.fields:
                said = written or sentences.get(kind.partition("](")[0].rpartition("[")[2], "")
                yield f"| `{name}` | {kind} | {_cell(said + _held(message.name, name, holders))} |"
        yield ""


def _reached(message: str) -> str:
    """How a condition reaches a message."""
    for name, variable in (vocabulary.VARIABLES | vocabulary.RCPT).items():
        if variable.message.name == message:
            way = (
                f"{name}.exists({name[0]}, {name[0]}. ...)" if variable.is_list else f"{name}. ..."
            )
            return f"A condition reaches it by `{way}`."
    return ""


def _held(message: str, name: str, holders: dict[tuple[str, ...], str]) -> str:
    """The words that a field takes."""
    words = vocabulary.words(message, name)
    if words is None:
        return ""
    known = tuple(word for word in words if word)
    holder = holders.get(known)
    if holder:
        return f" One of the words of [{holder}](#{holder.lower()})."
    return f" One of {_listed(known)}."


def _words(message: Message) -> tuple[str, ...]:
    return tuple(word for word, _ in _stated(message))


def _stated(message: Message) -> list[tuple[str, str]]:
    return [(word, said) for word, said in message.words if word != "none"]


def _type(label: str, name: str) -> str:
    inner = _PLAIN.get(name, "number" if re.fullmatch(r"u?int\d\d", name) else "")
    if name.startswith("map<"):
        return "numbers by name" if "int" in name else "texts by name"
    inner = inner or f"[{name}](#{name.lower()})"
    return f"list of {inner}" if label == "repeated" else inner


def _listed(words: object) -> str:
    return ", ".join(f"`{word}`" for word in words)  # type: ignore[attr-defined]


def _cell(text: str) -> str:
    return text.strip().replace("|", r"\|")


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
