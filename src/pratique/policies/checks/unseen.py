"""Make a smallest message for each class of what was not seen.

A class is a word of `Unopened`, `Ambiguities`, `Limits` or `Failures`.  Its witness states
that one thing and nothing else, in a message that comes in and in one that goes out, so only a
rule that names the class can apply to it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from google.protobuf.descriptor import EnumDescriptor

from pratique.policies.language import vocabulary
from pratique.scanners import facts_pb2 as facts

RECIPIENT = facts.Recipient(address="someone@example.org", domain="example.org")

# With these words the part is encrypted, too.
_ENCRYPTED = ("pgp", "smime", "document_password", "archive_password")


@dataclass(frozen=True, slots=True)
class Case:
    """One witness: its description for a person, its class, and its facts."""

    told: str
    word: str
    known: facts.Facts

    def directions(self) -> Iterator[facts.Facts]:
        """Yield the same message, coming in and going out."""
        for direction in ("inbound", "outbound"):
            turned = facts.Facts()
            turned.CopyFrom(self.known)
            turned.mail.direction = direction
            yield turned


@dataclass(frozen=True, slots=True)
class Family:
    """The classes of one kind of unseen, and how a condition names them."""

    told: str
    ask: str
    cases: tuple[Case, ...]

    def condition(self, words: Sequence[str]) -> str:
        """Return a condition that holds for these classes."""
        listed = ", ".join(f'"{word}"' for word in words)
        return self.ask.format(f'== "{words[0]}"' if len(words) == 1 else f"in [{listed}]")


def families() -> tuple[Family, ...]:
    """Return a witness for each class that a policy must decide."""
    return (
        _family("a part that was not opened", "parts.exists(p, p.unopened {})", _UNOPENED),
        _family("an ambiguity", "ambiguities.exists(a, a.class_ {})", _AMBIGUITIES),
        _family("a limit that was reached", "limits.exists(l, l.class_ {})", _LIMITS),
        _family("a failure on our side", "failures.exists(f, f.class_ {})", _FAILURES),
    )


def ordinary_and_unseen() -> Iterator[Case]:
    """Yield an ordinary message, a bare one, and one for each class of unseen."""
    yield Case("an ordinary message", "", _ordinary())
    yield Case("a message of one part without header", "", facts.Facts(parts=[_part(0)]))
    for family in families():
        yield from family.cases


def _family(told: str, ask: str, known: Mapping[str, facts.Facts]) -> Family:
    return Family(told, ask, tuple(Case(f"{told} ({word})", word, known[word]) for word in known))


def _part(number: int, **known: object) -> facts.Part:
    kind = "other" if number else "message"
    part = facts.Part(id=number, parent=number - 1, path=str(number or ""), kind=kind, depth=number)
    # Each field has a type of its own; protobuf checks the values against them.
    part.MergeFrom(facts.Part(**known))  # type: ignore[arg-type]
    return part


def _ordinary() -> facts.Facts:
    known = facts.Facts(parts=[_part(0), _part(1, kind="text", type="text/plain", name="a.txt")])
    known.mail.size = 1000
    known.mail.subject = "Minutes"
    known.envelope.reverse_path = "someone@example.com"
    known.mail.header.from_.add(address="someone@example.com", domain="example.com")
    return known


def _each(enum: EnumDescriptor, witness: Callable[[str], facts.Facts]) -> dict[str, facts.Facts]:
    return {word: witness(word) for word in vocabulary.words_of(enum)}


def _unopened(word: str) -> facts.Facts:
    return facts.Facts(parts=[_part(0), _part(1, unopened=word, encrypted=word in _ENCRYPTED)])


def _ambiguous(word: str) -> facts.Facts:
    return facts.Facts(parts=[_part(0)], ambiguities=[facts.Ambiguity(class_=word)])


def _limited(word: str) -> facts.Facts:
    return facts.Facts(parts=[_part(0)], limits=[facts.Limit(class_=word)])


def _failed(word: str) -> facts.Facts:
    return facts.Facts(parts=[_part(0)], failures=[facts.Failure(class_=word, part=-1)])


_UNOPENED = _each(facts.Unopened.Word.DESCRIPTOR, _unopened)
_AMBIGUITIES = _each(facts.Ambiguities.Word.DESCRIPTOR, _ambiguous)
_LIMITS = _each(facts.Limits.Word.DESCRIPTOR, _limited)
# Signatures that were not checked are missing proof, not unseen content.
del _LIMITS["signatures"]
_FAILURES = _each(facts.Failures.Word.DESCRIPTOR, _failed)
