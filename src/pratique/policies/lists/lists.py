"""Read named lists, and groups of recipients, out of a policy's TOML.

    [[list]]                       # in_list(auth.authenticated_as, "partners")
    name    = "partners"
    kind    = "addresses"
    entries = ["ann@partner.example", { entry = "@b.example", expires = 2027-01-15 }]
    owner   = "ann@our.example"    # who is asked about it
    reason  = "firmware"

    [[group]]                      # "board" in rcpt.groups
    name    = "board"
    members = ["ceo@our.example", "@board.our.example"]

Those of an included policy count, too.  A policy's own list replaces an included one of the same
name: so a shipped policy can have an empty one that is to be filled.

A list whose reading fails remains under its name, empty: the conditions that ask for it are
right, and one mistake must not be reported twice.  A policy with a problem is not used.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pratique.policies.hints import hints
from pratique.policies.lists import list_text
from pratique.policies.lists.entries import KINDS, NoEntryError, key_of, lengths_of
from pratique.policies.lists.list_text import MOST_ENTRIES, Around, earlier, is_day
from pratique.policies.lists.named import (
    NO_LISTS,
    Entry,
    Inline,
    List,
    Lists,
    Table,
    has_expired,
    received,
)
from pratique.policies.written.places import Path
from pratique.policies.written.problem import Problem
from pratique.policies.written.reading import Reading, kind_of

__all__ = [
    "MOST_ENTRIES", "NO_LISTS", "Entry", "List", "Lists", "has_expired", "read_lists", "received",
]  # fmt: skip

# Each recipient is looked up in each group, at some microseconds each.
MOST_GROUPS = 200
# Each is written by hand, with an owner: more of them should be one list.
MOST_LISTS = 200

LIST_KEYS = ("name", "kind", "entries", "file", "owner", "reason", "expires")
GROUP_KEYS = ("name", "members", "list", "file", "owner", "reason")
# What admins call the `members` of a group.
_ENTRIES = ("entries", "entry", "items", "values", "addresses", "domains", "users", "recipients")
ENTRY_KEYS = ("entry", "owner", "reason", "expires")
# What admins who come from other filters write for a key or a kind.
_ELSEWHERE = {
    "type": "kind", "of": "kind", "members": "entries", "items": "entries", "values": "entries",
    "addresses": "entries", "domains": "entries", "networks": "entries", "hashes": "entries",
    "entry": "entries", "path": "file", "filename": "file", "id": "name", "title": "name",
    "comment": "reason", "description": "reason", "ticket": "reason", "expiry": "expires",
    "until": "expires", "expire": "expires", "author": "owner", "by": "owner", "who": "owner",
    "contact": "owner",
}  # fmt: skip
_KINDS_ELSEWHERE = {
    "email": "addresses", "emails": "addresses", "mail": "addresses", "sender": "addresses",
    "senders": "addresses", "recipients": "addresses", "ip": "networks", "ips": "networks",
    "cidr": "networks", "ranges": "networks", "hosts": "domains", "sha256": "hashes",
    "sha-256": "hashes", "strings": "texts", "words": "texts", "names": "texts",
}  # fmt: skip
_DAY_FORM = "a day without quotation marks: expires = 2027-01-15"


def read_lists(reading: Reading) -> Lists:
    """Return the lists and the groups of a policy; problems are left in `reading`."""
    readings = (reading, *reading.included)
    named: dict[str, List] = {}
    groups: dict[str, List] = {}
    for each in readings:
        for name, path, table in _tables(each, "list", MOST_LISTS):
            found = _list(each, path, table, name)
            _same_kind(reading, found, named.setdefault(name, found))
    for each in readings:
        for name, path, table in _tables(each, "group", MOST_GROUPS):
            groups.setdefault(name, _group(each, path, table, named))
    return Lists(named, groups)


def _same_kind(reading: Reading, included: List, own: List) -> None:
    """Complain if a list replaces an included one of its name but is of another kind."""
    if own.kind and included.kind not in ("", own.kind):
        names = [table.get("name") for table in reading.values.get("list", [])]
        path: Path = ("list", names.index(own.name), "kind") if own.name in names else ()
        told = f"the list `{own.name}` of {included.file} is one of {included.kind}"
        hint = f'write `kind = "{included.kind}"`, or give yours another name'
        reading.say(path, told, hint)


def _tables(reading: Reading, key: str, most: int) -> list[tuple[str, Path, Mapping[str, Any]]]:
    """Return the tables that have a name of their own, with the name and their places."""
    tables = reading.values.get(key, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        is_table = isinstance(tables, dict)
        told = f"`{key}` is one table, not a list" if is_table else f"`{key}` is no list of tables"
        reading.say_key((key,), told, f"write `[[{key}]]`")
        return []
    if len(tables) > most:
        reading.say_key((key, most), f"more than {most} tables `[[{key}]]`", "put some together")
    found: dict[str, tuple[str, Path, Mapping[str, Any]]] = {}
    for index, table in enumerate(tables[:most]):
        path: Path = (key, index)
        name = _name(reading, path, table, key)
        if name in found:
            line = reading.line(found[name][1])
            told = f"`{name}` is the {key} on line {line} too"
            reading.say((*path, "name"), told, "give each its own name")
        elif name:
            found[name] = name, path, table
    return list(found.values())


def _name(reading: Reading, path: Path, table: Mapping[str, Any], key: str) -> str:
    name = reading.text_at(table, path, "name")
    if isinstance(table.get("name", ""), str) and not (name.strip() and name.isprintable()):
        shown = 'in_list(rcpt.domain, "NAME")' if key == "list" else '"NAME" in rcpt.groups'
        place = (*path, "name") if "name" in table else path
        reading.say_key(place, f"the {key} has no name", f"conditions ask for it: `{shown}`")
        return ""
    return name


def _list(reading: Reading, path: Path, table: Mapping[str, Any], name: str) -> List:
    before = len(reading.problems)
    _unknown_keys(reading, path, table, LIST_KEYS)
    kind = _kind(reading, path, table)
    for key, told in (("owner", "who is asked about it"), ("reason", "why there is such a list")):
        given = reading.text_at(table, path, key).strip()
        if not given and isinstance(table.get(key, ""), str):
            place = (*path, key) if key in table else path
            reading.say_key(place, f"the list `{name}` has no {key}", f'{told}: `{key} = "..."`')
    expires = _day(reading, path, table)
    source = _one_of(reading, path, table, ("entries", "file"))
    if len(reading.problems) > before or not source:
        return List(name)
    around = Around(kind, reading.file, table["owner"], table["reason"], expires)
    return _read(reading, (*path, source), table[source], name, around)


def _group(
    reading: Reading, path: Path, table: Mapping[str, Any], named: Mapping[str, List]
) -> List:
    before = len(reading.problems)
    _unknown_keys(reading, path, table, GROUP_KEYS)
    owner, reason = (reading.text_at(table, path, key) for key in ("owner", "reason"))
    source = _one_of(reading, path, table, ("members", "list", "file"))
    if len(reading.problems) > before or not source:
        return List(name=table["name"])
    if source == "list":
        return _of_list(reading, (*path, "list"), table["list"], named)
    around = Around("addresses", reading.file, owner, reason)
    return _read(reading, (*path, source), table[source], table["name"], around)


def _of_list(reading: Reading, path: Path, said: object, named: Mapping[str, List]) -> List:
    found = named.get(said) if isinstance(said, str) else None
    if found is None:
        hint = hints.did_you_mean(str(said), named) or "a list's name: `[[list]]` declares it"
        reading.say(path, f"there is no list `{said}`", hint)
    elif found.kind not in ("addresses", "domains", ""):
        hint = "a group is of addresses or domains"
        reading.say(path, f"the list `{said}` is one of {found.kind}", hint)
    return found or List(str(said))


def _unknown_keys(
    reading: Reading, path: Path, table: Mapping[str, Any], known: Sequence[str]
) -> None:
    for key in table.keys() - set(known):
        meant = _ELSEWHERE.get(key.lower())
        if "members" in known and meant in ("entries", None) and key.lower() in _ENTRIES:
            meant = "members"
        meant = meant if meant in known else hints.nearest(key, known)
        hint = f"did you mean `{meant}`?" if meant else hints.one_of(known)
        reading.say_key((*path, key), f"unknown key `{key}` in a {path[0]}", hint)


def _kind(reading: Reading, path: Path, table: Mapping[str, Any]) -> str:
    kind = reading.text_at(table, path, "kind")
    if kind in KINDS or not isinstance(table.get("kind", ""), str):
        return kind
    if not kind:
        place = (*path, "kind") if "kind" in table else path
        reading.say_key(place, "the list has no kind", hints.one_of(KINDS))
        return ""
    meant = _KINDS_ELSEWHERE.get(kind.lower())
    hint = f"did you mean `{meant}`?" if meant else hints.did_you_mean(kind, KINDS)
    reading.say((*path, "kind"), f"`{kind}` is no kind of a list", hint or hints.one_of(KINDS))
    return ""


def _day(reading: Reading, path: Path, table: Mapping[str, Any]) -> date | None:
    day = table.get("expires")
    if day is None or (isinstance(day, date) and not isinstance(day, datetime)):
        return day
    told = f"`{day}` is a text" if isinstance(day, str) and is_day(day) else f"`{day}` is no day"
    reading.say((*path, "expires"), told, _DAY_FORM)
    return None


def _one_of(reading: Reading, path: Path, table: Mapping[str, Any], keys: Sequence[str]) -> str:
    """Return the one of these keys that a table has, of its type; else "", with a complaint."""
    given = [key for key in keys if key in table]
    shown = " or ".join(f"`{key}`" for key in keys)
    if not given:
        reading.say_key(path, f"the {path[0]} holds nothing", f"write {shown}")
        return ""
    key = given[0]
    if len(given) > 1:
        told = f"`{given[1]}` stands beside `{key}`"
        reading.say_key((*path, given[1]), told, "keep one of them: two make two lists")
        return ""
    wanted = list if key in ("entries", "members") else str
    if not isinstance(table[key], wanted):
        hint = f'write `{key} = ["..."]`' if wanted is list else f'write `{key} = "..."`'
        reading.say((*path, key), f"`{key}` is {kind_of(table[key])}", hint)
        return ""
    return key


def _read(reading: Reading, path: Path, said: Any, name: str, around: Around) -> List:
    is_file = isinstance(said, str)
    return (_of_file if is_file else _inline)(reading, path, said, name, around)


def _of_file(reading: Reading, path: Path, file: str, name: str, around: Around) -> List:
    line = reading.line(path[:2])
    text = reading.beside.lists.get(file)
    if text is None:
        why = reading.beside.missing.get(file, f"{file}: nobody has read it")
        reading.say(path, f"the file of the list cannot be read: {why}", "a path from the policy")
        return List(name)
    own = Around(around.kind, file, around.owner, around.reason, around.expires)
    found = list_text.read_lines(text, own)
    for slip in found.slips:
        reading.problems.append(Problem(slip.line, slip.column, file, slip.message, slip.hint))
    if found.slips:
        return List(name)
    return List(
        name, own.kind, own.owner, own.reason, own.expires, reading.file, line,
        is_whole=found.is_whole, ages=found.ages or own.expires is not None,
        lengths=lengths_of(found.networks), written=found.lines, table=found.table,
    )  # fmt: skip


def _inline(reading: Reading, path: Path, said: list[Any], name: str, around: Around) -> List:
    before = len(reading.problems)
    if len(said) > MOST_ENTRIES:
        reading.say(path, f"a list has at most {MOST_ENTRIES:,} entries", "make two lists of it")
        return List(name)
    kind, table = KINDS[around.kind], Table(len(said))
    entries: list[Entry] = []
    keys: list[str] = []
    line, at = 1, 0
    for index, each in enumerate(said):
        where = (*path, index)
        # Counted from the previous entry: a policy may have some hundred thousand.
        start, at = at, reading.layout.value(where)
        line += reading.layout.text.count("\n", start, at)
        if len(reading.problems) - before >= list_text.MOST_TOLD:
            break
        entry = _entry(reading, where, each, around, line)
        if entry is None:
            continue
        try:
            key = key_of(kind, entry.text)
        except NoEntryError as error:
            place = (*where, "entry") if isinstance(each, dict) else where
            reading.say(place, str(error), error.hint)
            continue
        keys.append(key)
        there = table.add(key, len(entries), keys.__getitem__)
        entries.append(entry)
        if there is not None:
            told = f"`{entry.text}` stands on line {entries[there].line} too"
            reading.say(where, told, "leave one of the two out")
    if len(reading.problems) > before:
        return List(name)
    return List(
        name, kind.name, around.owner, around.reason, around.expires, reading.file,
        reading.line(path[:2]), is_whole=all(map(kind.is_whole, keys)),
        ages=any(entry.expires for entry in entries),
        lengths=lengths_of(keys) if kind.name == "networks" else {},
        written=Inline(tuple(entries), tuple(keys)), table=table,
    )  # fmt: skip


def _entry(reading: Reading, where: Path, said: object, around: Around, line: int) -> Entry | None:
    """Return an entry as it is written; None, with a complaint, if it is something else."""
    form = '`"ann@x.example"`, or `{ entry = "ann@x.example", owner = "...", reason = "..." }`'
    if isinstance(said, str):
        return Entry(said, around.owner, around.reason, around.expires, around.file, line)
    if not isinstance(said, dict) or not isinstance(said.get("entry"), str):
        told = "it has no `entry`" if isinstance(said, dict) else f"an entry is {kind_of(said)}"
        reading.say(where, told, form)
        return None
    before = len(reading.problems)
    for key in said.keys() - set(ENTRY_KEYS):
        reading.say_key((*where, key), f"unknown key `{key}` in an entry", form)
    owner, reason = (reading.text_at(said, where, key) for key in ("owner", "reason"))
    expires = earlier(_day(reading, where, said), around.expires)
    if len(reading.problems) > before:
        return None
    said_of = owner or around.owner, reason or around.reason, expires, around.file, line
    return Entry(said["entry"], *said_of)
