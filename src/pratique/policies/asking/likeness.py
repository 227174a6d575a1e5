"""Sort messages by what some conditions read of them, and remember the answers per sort.

Many conditions read only words and flags (`parts.exists(p, p.unopened == "pgp")`), and by
these ordinary mail falls into a few sorts.  An answer depends only on what is read, so it
is kept for each sort, and CEL is asked only about the first message of a sort.

Fields that may hold anything (a name, a size, an address) are read by no condition here: they
would make each message a sort of its own.

A sort is the octets of the facts without all other fields.  A message type that has only
these fields is generated for it, and protobuf does the rest: reading the fields one by one
takes four times as long.  Equal octets mean equal fields.
"""

from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from pratique.policies.language import reads, vocabulary
from pratique.policies.language.condition import Condition
from pratique.scanners import facts_pb2 as facts

# A message with more elements than this in what is read is always asked about: hardly any
# other message is of its sort.
_MOST_ELEMENTS = 40
# How many sorts are remembered; real mail has some hundreds, of 60 octets each.  A stranger can
# invent more; then all of them are forgotten.
_MOST_SORTS = 4000

_PACKAGE = "pratique.sort"

Answer = TypeVar("Answer")


class Likeness(Generic[Answer]):
    """What some conditions read of a message, and their answers."""

    def __init__(self, fields: Iterable[reads.Field], present: Iterable[str] = ()) -> None:
        """Take the `fields` that are read, and the lists that are only tested for being empty."""
        by_variable: dict[str, set[str]] = {}
        for variable, name in sorted(fields):
            by_variable.setdefault(variable, set()).add(name)
        self._lists = [name for name in by_variable if vocabulary.VARIABLES[name].is_list]
        self._present = sorted(set(present).difference(by_variable))
        self._reduced = _reduced(by_variable)
        self._answers: dict[object, Answer] = {}

    @classmethod
    def of(cls, condition: Condition) -> "Likeness[Answer] | None":
        """Build it for a condition; None if that may read anything."""
        fields = reads.fields_read(condition)
        return None if fields is None else cls(fields)

    def sort(self, known: facts.Facts) -> object:
        """Return a key, such that messages of one key have one answer; None if there is none."""
        if known.HasField("parts_left_out"):
            # Parts left out have kinds, too.
            return None
        reduced = self._reduced.FromString(known.SerializeToString())
        reduced.DiscardUnknownFields()
        octets = reduced.SerializeToString()
        # An element takes at least two octets: in this few octets no list is too long.
        if len(octets) > 2 * _MOST_ELEMENTS and self._is_long(known):
            return None
        if not self._present:
            return octets
        return octets, *[name for name in self._present if getattr(known, name)]

    def _is_long(self, known: facts.Facts) -> bool:
        return any(len(getattr(known, name)) > _MOST_ELEMENTS for name in self._lists)

    def answer(self, sort: object) -> Answer | None:
        """Return the answer that is kept for this sort; None if there is none."""
        return self._answers.get(sort)

    def keep(self, sort: object, *, answer: Answer) -> None:
        """Remember the answer for this sort."""
        if len(self._answers) >= _MOST_SORTS:
            self._answers.clear()
        self._answers[sort] = answer


def _reduced(by_variable: dict[str, set[str]]) -> Any:
    """Return the type of the facts with these fields only; their numbers and types stay."""
    file = descriptor_pb2.FileDescriptorProto(name="sort.proto", package=_PACKAGE, syntax="proto3")
    top = file.message_type.add(name="Facts")
    whole = _described(vocabulary.FACTS)
    for variable, names in by_variable.items():
        inner = f"Read_{variable}"
        top.field.add(
            name=variable,
            number=whole[variable].number,
            label=whole[variable].label,
            type=whole[variable].type,
            type_name=f".{_PACKAGE}.{inner}",
        )
        each = _described(vocabulary.VARIABLES[variable].message)
        file.message_type.add(name=inner, field=[each[name] for name in sorted(names) if name])
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Facts"))


def _described(message: Any) -> dict[str, descriptor_pb2.FieldDescriptorProto]:
    described = descriptor_pb2.DescriptorProto()
    message.CopyToProto(described)
    return {field.name: field for field in described.field}
