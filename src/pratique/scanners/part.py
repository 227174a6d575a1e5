"""The nouns of this room: a part, a reader that opens it, a scanner that looks at it.

A part is one node of what unpacking finds: the message itself, a MIME entity, a
member of an archive.  Readers make `Member`s of a part's octets, `unpack.py` numbers
them and makes them parts, scanners look at each.  What is known of a part ends up in
`facts.proto`'s `Part`; what only this room needs (the octets) stays here.

Nothing a stranger wrote makes a reader or a scanner raise: damage is an `Oddity`, a
member that says why it is `unopened`, or the end of the iteration.  An error that is
raised all the same is our fault, and becomes a failure fact.

Some facts are shown by no part alone: that a message is a bounce, that a document has
macros because of a member of it.  For these there is a `Follower`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol, runtime_checkable

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget
from pratique.scanners.marks import ALL
from pratique.scanners.names import extension

if TYPE_CHECKING:
    from pratique.scanners.keys import Keys
    from pratique.scanners.mime.mail import ReadHeader


# Containers whose members a mail program shows.
_OF_MAIL = frozenset({"message", "multipart"})


class Unfit(Exception):
    """Something that the admin gave cannot be loaded; says in words what and where."""


def as_bytes(octets: memoryview) -> bytes:
    """The octets as `bytes`, which can be searched: `b"x" in` a memoryview is never true.

    What was decoded lies in memory so already, and is not copied: of a message of 25 MB, or a
    PDF that several look at, each copy is another 25 MB.
    """
    whole = octets.obj
    if type(whole) is bytes and len(whole) == len(octets) and octets.c_contiguous:
        return whole
    return octets.tobytes()


@dataclass(slots=True)
class Part:
    """A part's octets, and its facts as far as they are known.

    `octets` are decoded: what a reader would save to disk.  They are empty where
    `known.unopened` says that nothing could be decoded.
    """

    known: facts.Part
    octets: memoryview
    # The charset that a text declares, as its container says it; empty is none.
    charset: str = ""
    # Which of the marks in `marks.py` stand in the octets; None where nobody looked for them.
    marks: frozenset[bytes] | None = None
    _names: tuple[str, ...] | None = field(default=None, init=False, repr=False)
    _extensions: frozenset[str] | None = field(default=None, init=False, repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """Its name, which may be empty, and its further names, read once.

        Going through a repeated field of protobuf's costs more than all that is asked of it.
        """
        if self._names is None:
            self._names = (self.known.name, *self.known.names[:])
        return self._names

    @property
    def extensions(self) -> frozenset[str]:
        """The last extension of each of its names, read once: a dozen readers ask for them."""
        if self._extensions is None:
            self._extensions = frozenset(map(extension, self.names))
        return self._extensions

    @property
    def attached(self) -> bool:
        """Whether it is a file to a mail program, and no text of the mail."""
        known = self.known
        if known.name or known.disposition == "attachment":
            return True
        return not _OF_MAIL.issuperset(known.inside)

    def state_unopened(self, why: str, word: str = "unreadable") -> None:
        """State that it was not opened, or not to its end; what was stated first stays."""
        if not self.known.unopened:
            self.known.unopened, self.known.why = word, why

    def lacks(self, mark: bytes) -> bool:
        """Tell whether a mark is known to stand nowhere in the octets."""
        return self.marks is not None and mark in ALL and mark not in self.marks


@dataclass(slots=True)
class Member:
    """What a reader finds in a container: a part to be.

    `step` is its last step in a path ("2", "zip:invoice.pdf.exe").  `parent` is a
    member that the same reader gave before and that holds this one; None is the
    container itself.  `unopened` is a word of `Unopened`, with `why` for a person.
    """

    step: str
    octets: memoryview = field(default=memoryview(b""), repr=False)
    parent: "Member | None" = None
    name: str = ""
    names: tuple[str, ...] = ()
    raw_name: bytes = b""
    declared_type: str = ""
    # The charset that is declared with that type.
    charset: str = ""
    disposition: str = ""
    view: str = "standard"
    returned: bool = False
    encrypted: bool = False
    # Something about its place or its encoding is odd: a reader elsewhere may miss it.
    tolerant: bool = False
    # Where it stands in the container as base64 that everybody reads alike, if it does.
    encoded: tuple[int, int] | None = None
    # The word that opened it.
    password: str = ""
    unopened: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Oddity:
    """A place where two programs would read the container differently.

    `class_` is a word of `Ambiguities`; `at` is the member that it is about, None
    the container itself.
    """

    class_: str
    detail: str
    at: Member | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """A limit that stops a reader at one member and lets it go on with the others.

    `class_` is a word of `Limits`; `at` is the member, None the container itself.  A
    limit that ends the whole container is the error `OverBudget` instead.
    """

    class_: str
    detail: str
    at: Member | None = None


# What a reader gives, in any order but parents before children.
Found = Member | Oddity | Reached


# How a reader recognizes a part: not at all; the part is something else, and something of
# this form lies in it (a zip behind a picture); it is of this form from end to end, so
# that whatever cannot be read of it the reader will say.
Recognized = Literal["", "within", "whole"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """By what a part concerns a reader or a scanner; one that shows none of them does not.

    A scanner is told by words only: type, kind, what is declared, extensions.
    """

    types: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    declared: frozenset[str] = frozenset()
    # Of a name.
    extensions: frozenset[str] = frozenset()
    # The first octets, two at least.
    begins: tuple[bytes, ...] = ()
    # What stands somewhere in the part (`marks.py`).
    marks: tuple[bytes, ...] = ()
    # The marks count only in what may carry another form (`around.py`).
    carried: bool = False

    def in_words(self, words: tuple[str, str, str], extensions: frozenset[str]) -> bool:
        """Whether one shows in a part's type, kind and declared type, or in its names."""
        type_, kind, declared = words
        return (
            type_ in self.types
            or kind in self.kinds
            or declared in self.declared
            or not self.extensions.isdisjoint(extensions)
        )


# Of a follower that looks at the message's own header, and at none of its parts.
NO_PART = Signs()


@runtime_checkable
class WithSigns(Protocol):
    """A reader, a scanner or a maker of followers that says by which signs it is concerned."""

    @property
    def signs(self) -> Signs | None:
        """Its signs; None is as if it said nothing."""


class Reader(Protocol):
    """Opens one form of container.

    Every reader that recognizes a part opens it, one after the other: a file may be a
    document to one program and an archive to another.

    `members` charges the budget for all that it decodes, before it decodes more than
    a bounded piece, and lets `OverBudget` through: `unpack.py` states it.  A container
    that it cannot read to its end it marks itself: `part.known.unopened` and `why`.
    Once it is asked for the next member, the octets of the last one are let go.

    A reader may say beforehand by what it is told, and is not asked in vain (`openers.py`):
    `told_by` is "type" or "front", `types` are its types, and `mark` what has to stand
    somewhere in a part of another form that holds one of its own.  Where it is told by
    something else too, all of that is in `signs` instead.
    """

    name: ClassVar[str]

    def recognize(self, part: Part) -> Recognized:
        """Tell whether this reader opens the part (type, kind and octets are known)."""

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give what the part holds, parents before children."""


@runtime_checkable
class ByType(Reader, Protocol):
    """A reader that is told by the type of a part: as detected, or also by its first octets."""

    told_by: ClassVar[str]
    types: ClassVar[frozenset[str]]


@runtime_checkable
class Unlocks(Reader, Protocol):
    """A reader that can open what is locked, if somebody tells it the password.

    What it calls `locked` is opened by `unlock` instead of `members`, after every other
    part of the message was seen: the word may stand in the last of them.
    """

    def locked(self, part: Part) -> bool:
        """Tell by its tables, without decoding, whether something in it wants a password."""

    def unlock(self, part: Part, budget: Budget, keys: "Keys") -> Iterator[Found]:
        """Give what the part holds, opened by one of the words where it can be."""


class Scanner(Protocol):
    """Looks at one part and states what it finds.

    A scanner is made once, before confinement; `scan` runs in the confined worker,
    for each part, and must not open, import or start anything.  It yields `Facts`
    in which only what it knows is set: findings, limits, or a part with the part's id
    and the fields to set.  What it yielded before an error is kept.

    One that has `signs` is shown only parts that show one of them (`looking.py`).
    """

    name: ClassVar[str]

    def scan(self, part: Part) -> Iterator[facts.Facts]:
        """State what this scanner finds in the part."""


@dataclass(frozen=True, slots=True)
class Message:
    """The message as a whole, as a follower is given it."""

    octets: memoryview
    envelope: facts.Envelope
    mail: facts.Mail
    budget: Budget
    # Its own header, once somebody has read it (mime/mail.py, `header_of`).
    read: "list[ReadHeader]" = field(default_factory=list, init=False, repr=False, compare=False)


class Follower(Scanner, Protocol):
    """A scanner that sees all parts of one message and then says what they are together.

    It is made anew for each message, which is no time to read anything; `scan` is
    called for each part as for any scanner, before its members are known, and
    `conclude` once after the last, also where a limit ended the walk.  A follower may
    keep `part.known`, which grows until the end, but octets only as a bounded copy.

    One whose maker has `signs` begins with the first part that shows one of them, and sees
    that and all that come after; where none does, it is neither made nor concludes.  One
    with `NO_PART` is made of each message, and sees none.
    """

    def conclude(self) -> Iterator[facts.Facts]:
        """State `Facts` about the whole; parts in them are whole, and replace those of their id.

        All that is in one of them goes over the wall in one frame: so a part, or few.
        `OverBudget` becomes a limit of the message, any other error a failure.
        """


class Follows(Protocol):
    """Makes a follower for each message: its class, or what knows the setup as well."""

    @property
    def name(self) -> str:
        """The name of its followers."""

    def __call__(self, message: Message, /) -> Follower:
        """Only remember the message."""
