"""Find which entities of a message must go for a strip, and what speaks against it.

A rule means parts: a program, which may lie in a zip in a forwarded message.  What can be
taken out of a message is an entity of its own: the outermost one that is neither a
multipart nor a message, and that holds the part.  It is found by what was seen, and named
by its way through the message and by the hash of its octets, so that a worker takes out
that and nothing else (scanners/rewriting/).

A strip is not made where it is not certain that all programs then see the message without
the part, and the rest of it as it was: then the message is held.
"""

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from pratique.policies.verdict import Edit
from pratique.scanners import facts_pb2 as facts
from pratique.scanners.wall_pb2 import Rewrite, TakenOut

STRIP, REBUILD = "strip", "rebuild"

_MESSAGES = frozenset({"message/rfc822", "message/global", "message/news"})
_SEALED = frozenset({"multipart/signed", "multipart/encrypted"})
# What lies in these is signed or encrypted as a whole.
_SEALED_FILES = frozenset(
    {
        "application/pkcs7-mime",
        "application/x-pkcs7-mime",
        "application/x-pkcs7-signed",
        "application/pgp-encrypted",
    }
)
_NOT_SEEN = frozenset({"over_budget", "failure"})
# Ambiguities that leave no doubt about where an entity begins and ends.  From 30 on the
# words are about archives, documents and texts, which are taken out or left whole.
_INSIDE = 30
_HARMLESS = frozenset(
    {
        "archive_directories",
        "bad_base64",
        "bad_quoted_printable",
        "conflicting_names",
        "duplicate_disposition",
        "extra_octets",
        "odd_name",
    }
)
# About the lines between the entities, wherever they are stated.
_DELIMITERS = frozenset(
    {"nested_boundary", "odd_delimiter", "part_outside", "unclosed_multipart", "unused_boundary"}
)
# What a reader of the note needs; a list of a thousand names is no help.
_NAMED = 10
_NAME = 120
# What a mail program makes a link of.
_LINK = re.compile(r"(?i)\S*(?:://|\bwww\.)\S*|\S+\.\S+/\S*")


class CannotEdit(Exception):
    """The message cannot be changed as it was ordered; says why."""


@dataclass(slots=True)
class Leaf:
    """An entity that goes, and the parts in it for which it goes."""

    known: facts.Part
    way: tuple[int, ...]
    reason: str
    parts: list[facts.Part] = field(default_factory=list)


def leaves(seen: facts.Facts, edits: Iterable[Edit]) -> list[Leaf]:
    """The entities that the edits take out, in order.  Raises CannotEdit."""
    by_id = {part.id: part for part in seen.parts}
    standard = {part.path: part for part in seen.parts if "standard" in part.views}
    found: dict[tuple[int, ...], Leaf] = {}
    for edit in edits:
        for number in edit.parts:
            if number not in by_id:
                raise CannotEdit("a part that was not seen")
            chain = list(_chain(by_id, by_id[number]))
            leaf = _leaf([_as_standard(each, standard) for each in chain], edit.reason)
            found.setdefault(leaf.way, leaf).parts.append(by_id[number])
    return [leaf for way, leaf in sorted(found.items()) if not _is_within(way, found)]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What an edit comes to, as far as the facts tell: only a worker sees all signatures."""

    leaves: tuple[Leaf, ...] = ()
    # Why the message will be held instead; empty if nothing is known that speaks against it.
    why_not: str = ""


def foreseen(seen: facts.Facts, edit: Edit) -> Foreseen:
    """What one edit would do to a message, for who only looks at it."""
    taken: list[Leaf] = []
    try:
        taken = leaves(seen, [edit])
        request(seen, [edit], taken, "")
    except CannotEdit as why:
        return Foreseen(tuple(taken), str(why))
    return Foreseen(tuple(taken))


def request(
    seen: facts.Facts, edits: Sequence[Edit], taken: Iterable[Leaf], queue_id: str
) -> Rewrite:
    """What a worker is asked to do.  Raises CannotEdit if that is not safe."""
    taken = list(taken)
    rebuild = any(edit.action == REBUILD for edit in edits)
    if why := _why_not(seen, taken, rebuild=rebuild):
        raise CannotEdit(why)
    return Rewrite(
        strip=[
            TakenOut(numbers=leaf.way, sha256=leaf.known.sha256, note=note(leaf, queue_id))
            for leaf in taken
        ],
        rebuild=rebuild,
    )


def lost(before: facts.Facts, after: facts.Facts, taken: Sequence[Leaf]) -> str:
    """What a look at the new message shows that should not be so; empty if nothing."""
    gone = {leaf.known.path for leaf in taken}
    stays, there = Counter(_octets(before, gone)), Counter(_octets(after, set()))
    if missing := (stays - there).total():
        return f"{missing} parts of it are not in what was made of it"
    # What a second reading shows once more was there before: base64 in a text, say.
    if sum(count for octets, count in there.items() if octets not in stays) != len(taken):
        return "what was made of it has parts that it had not"
    return ""


def note(leaf: Leaf, queue_id: str) -> str:
    """The text in the place of an entity."""
    named = [f"    {_described(part)}" for part in leaf.parts[:_NAMED]]
    if len(leaf.parts) > _NAMED:
        named.append(f"    and {len(leaf.parts) - _NAMED} more")
    held_in = [] if leaf.known in leaf.parts else ["It was in", f"    {_described(leaf.known)}"]
    return "\n".join(
        [
            "Something was taken out of this message before it was delivered:",
            *named,
            *held_in,
            "Reason:",
            f"    {leaf.reason}",
            "The message as it came is kept. If you need it, ask your postmaster for",
            f"    {queue_id}",
        ]
    )


def _described(part: facts.Part) -> str:
    kind = part.kind.replace("_", " ")
    # A line of its own would be a stranger's words in our name; so would a link.
    name = " ".join(part.name.splitlines()) or "(without a name)"
    if len(name) > _NAME:
        name = f"{name[: _NAME // 2]}...{name[-_NAME // 2 :]}"
    name = _LINK.sub(lambda found: found[0].replace(":", "[:]").replace(".", "[.]"), name)
    return f"{name}  ({kind})"


def _chain(by_id: dict[int, facts.Part], part: facts.Part) -> Iterator[tuple[facts.Part, str]]:
    """The parts from the outermost to this one, the message left out, each with its step."""
    chain = [part]
    while (holder := by_id.get(chain[-1].parent)) is not None and holder.id < chain[-1].id:
        chain.append(holder)
    if chain[-1].parent >= 0:
        raise CannotEdit("a part that lies nowhere")
    path = chain.pop().path
    for each in reversed(chain):
        yield each, each.path.removeprefix(path).removeprefix("/")
        path = each.path


def _as_standard(
    part: tuple[facts.Part, str], standard: dict[str, facts.Part]
) -> tuple[facts.Part, str]:
    """For a second reading of an entity ("2:2"), the entity ("2")."""
    known, step = part
    number, colon, _ = step.partition(":")
    if "standard" in known.views or not (colon and number.isdecimal()):
        return part
    entity = standard.get(known.path.removesuffix(step) + number)
    return (entity, number) if entity is not None else part


def _leaf(chain: list[tuple[facts.Part, str]], reason: str) -> Leaf:
    way: list[int] = []
    for place, (part, step) in enumerate(chain):
        if "standard" not in part.views or not step.isdecimal():
            raise CannotEdit("the part is seen in a further reading of the message alone")
        way.append(int(step))
        is_last = place == len(chain) - 1
        if is_last or not _is_opened(part):
            _check_open(inner for inner, _ in chain[place:])
            return Leaf(part, tuple(way), reason)
        if part.declared_type in _SEALED:
            raise CannotEdit(f"the part is in a {part.declared_type}")
    raise CannotEdit("the message itself is no part of it")


def _is_opened(part: facts.Part) -> bool:
    """Tell whether a worker finds the entities in this one by their places."""
    return part.kind == "multipart" or part.declared_type in _MESSAGES


def _check_open(inner: Iterable[facts.Part]) -> None:
    for part in inner:
        if {part.type, part.declared_type} & _SEALED_FILES:
            raise CannotEdit("the part is in what is signed or encrypted (S/MIME, OpenPGP)")


def _is_within(way: tuple[int, ...], others: Container[tuple[int, ...]]) -> bool:
    return any(way[:length] in others for length in range(1, len(way)))


def _why_not(seen: facts.Facts, taken: Sequence[Leaf], *, rebuild: bool) -> str:
    """Why a message is not changed; empty if nothing speaks against it."""
    if seen.failures:
        return f"something failed while it was looked at ({seen.failures[0].class_})"
    if seen.limits:
        return f"it was not looked at to its end ({seen.limits[0].class_})"
    if any(part.unopened in _NOT_SEEN for part in seen.parts):
        return "it was not looked at to its end"
    if rebuild:
        return _only_further(seen)
    whole = _without_own_header(seen, taken)
    paths = {leaf.known.path for leaf in taken}
    for one in seen.ambiguities:
        goes = one.where in whole and one.class_ not in _DELIMITERS
        if _is_structural(one) and not (goes or _is_below(one.where, paths)):
            return f"programs differ on what its parts are ({one.class_})"
    return ""


def _without_own_header(seen: facts.Facts, taken: Sequence[Leaf]) -> set[str]:
    """Of these entities the whole goes, header too: so nobody need agree on what they are.

    An entity that has no neighbours may be the body of a message, whose header stays.
    """
    standard = (part for part in seen.parts if "standard" in part.views)
    neighbours = Counter(part.parent for part in standard)
    return {leaf.known.path for leaf in taken if neighbours[leaf.known.parent] > 1}


def _is_below(where: str, paths: Container[str]) -> bool:
    """Tell whether it is about what lies in one of these, or about a second reading of it."""
    return any(where[: sign.start()] in paths for sign in re.finditer("[/:]", where))


def _is_structural(one: facts.Ambiguity) -> bool:
    number = dict(facts.Ambiguities.Word.items()).get(one.class_, 0)
    return one.class_ not in _HARMLESS and number < _INSIDE


def _only_further(seen: facts.Facts) -> str:
    """Why a message is not written in one reading: because another one shows more."""
    shown = {part.sha256 for part in seen.parts if "standard" in part.views}
    # What is written octet for octet, and what lies in it.
    kept: set[int] = set()
    for part in seen.parts:
        if part.parent in kept:
            kept.add(part.id)
        elif "standard" not in part.views and part.sha256 not in shown:
            return "a further reading shows what would not be in it"
        elif part.parent >= 0 and not _is_opened(part):
            kept.add(part.id)
    return ""


def _octets(seen: facts.Facts, gone: Container[str]) -> Iterator[str]:
    """The hashes of all parts but those that are gone, and those that hold other entities."""
    without: set[int] = set()
    for part in seen.parts:
        # A second reading of what is gone is gone as well: "2:2" of "2".
        is_standard = "standard" in part.views
        path = part.path if is_standard else part.path.rpartition(":")[0]
        if path in gone or part.parent in without:
            without.add(part.id)
        elif part.kind not in {"message", "multipart"}:
            yield part.sha256
