"""Turn what was decided about a message into the edits that a milter may ask for.

A milter does not pass messages on: the mail server has the message, and is told what to change
and whether to go on.  It removes octets by field ("the second X-Pratique"), never by position.
So a span that a worker names must be exactly one field; if it is not, the decision cannot
be carried out, we say so, and the mail server keeps the message.

Removals come before prepending: field numbers count the fields as they came.
"""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pratique.milter.mail import Content, Envelope, Forward, Outgoing
from pratique.milter.next_hop import Reply

# RFC 5321 4.5.3.1.5: a reply line has 512 octets at most; libmilter takes 980, and 32 lines.
MAX_REPLY_LINE = 400
MAX_REPLY_LINES = 10

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?: |\Z)")
_UNSAID = re.compile(r"[^ -~]")
_PLAIN_CODE = {4: "4.3.0", 5: "5.7.1"}
_FIELD = re.compile(rb"([!-9;-~]+):([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)\r\n")


@dataclass(frozen=True, slots=True)
class Ending:
    """What becomes of a message.

    A 4yz or 5yz `reply` refuses it, and nothing else counts.  With 2yz it goes on as
    `outgoing` says (its contents are not read), to all recipients but `without`, with `body`
    in place of its own (the door closes it; where `outgoing` was rewritten, it is the whole
    new content), and into the mail server's own hold queue if `hold` says why.  With neither
    `outgoing` nor `hold` it is dropped: it is already in other hands.

    Where addresses bear our tag (BATV), `reverse_path` is what is said from here on, and
    `instead` lists recipients to add, each in place of the one in `without` that it was `tagged`.
    `redirected` lists addresses that no client has named: they replace some of the recipients.
    """

    reply: Reply
    outgoing: Outgoing | None = None
    without: tuple[Forward, ...] = ()
    body: Content | None = None
    hold: str = ""
    reverse_path: str | None = None
    instead: tuple[Forward, ...] = ()
    redirected: tuple[Forward, ...] = ()


# Inspects a message and decides.  The number says how many octets were left out at the end of
# the content because it is larger than what is kept.  The caller closes the content once it has
# the answer.
MilterTake = Callable[[Content, Envelope, int], Awaitable[Ending]]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reply in the three pieces that libmilter wants."""

    code: str
    enhanced: str
    lines: tuple[str, ...]

    @property
    def passing(self) -> bool:
        """True for 4yz."""
        return self.code.startswith("4")


@dataclass(frozen=True, slots=True)
class Edits:
    """What the mail server is asked for, in the order of these fields; then the message goes on."""

    # Name and number (from 1) of each field to remove; of fields of one name, the last first.
    remove: tuple[tuple[str, int], ...] = ()
    # Name and value (all that follows the colon, line ends as LF); the last one first,
    # since each is put in front of all others.
    prepend: tuple[tuple[str, str], ...] = ()
    # The same, in order, for the end of the header.
    append: tuple[tuple[str, str], ...] = ()
    without: tuple[str, ...] = ()
    # Recipients to add.
    instead: tuple[Forward, ...] = ()
    # The new reverse-path; None leaves it as it is.
    reverse_path: str | None = None
    body: Content | None = None
    # Where the body begins within it.
    body_from: int = 0
    hold: str = ""


class CannotEditError(Exception):
    """What was decided cannot be expressed to the mail server."""


def refusal(reply: Reply) -> Refusal:
    """Return a 4yz or 5yz reply, cut down to what may be said."""
    rows = [_UNSAID.sub("?", line) for line in reply.lines[:MAX_REPLY_LINES]]
    found = _ENHANCED.match(rows[0]) if rows else None
    enhanced = found[1] if found else ""
    lines = [row.removeprefix(enhanced).strip() for row in rows]
    if not enhanced.startswith(str(reply.code)[0]):
        enhanced = _PLAIN_CODE[reply.code // 100]
    # The milter API wants each "%" doubled; Postfix undoes that.
    doubled = (line[:MAX_REPLY_LINE].replace("%", "%%") for line in lines or ["refused"])
    return Refusal(str(reply.code), enhanced, tuple(doubled))


def edits(
    ending: Ending,
    fields: Mapping[tuple[int, int], tuple[str, int]],
    said: Mapping[str, Sequence[str]],
) -> Edits:
    """Return the edits that carry out a decision.  Raises CannotEditError.

    `fields` gives name and number of the field in each span of the content; `said` gives all
    forms of each address that came in any form other than `<address>`.
    """
    cut = ending.outgoing.cut if ending.outgoing else ()
    prepend = ending.outgoing.prepend if ending.outgoing else b""
    rewritten = ending.outgoing.rewritten if ending.outgoing else None
    if rewritten is not None:
        cut = tuple(sorted({*cut, *rewritten.cut}))
    return Edits(
        tuple(reversed([_field_at(span, fields) for span in cut])),
        tuple(reversed(list(_fields_of(prepend)))),
        tuple(_fields_of(rewritten.added if rewritten is not None else b"")),
        tuple(
            form
            for each in ending.without
            for form in said.get(each.address, (f"<{each.address}>",))
        ),
        (*ending.instead, *ending.redirected),
        ending.reverse_path,
        ending.body,
        rewritten.body if rewritten is not None else 0,
        _UNSAID.sub("?", ending.hold)[:MAX_REPLY_LINE],
    )


def _field_at(
    span: tuple[int, int], fields: Mapping[tuple[int, int], tuple[str, int]]
) -> tuple[str, int]:
    if span not in fields:
        raise CannotEditError(f"octets {span[0]} to {span[1]} are no header field")
    return fields[span]


def _fields_of(prepend: bytes) -> Iterator[tuple[str, str]]:
    place = 0
    while place < len(prepend):
        found = _FIELD.match(prepend, place)
        if found is None:
            raise CannotEditError(f"no header field at octet {place} of what goes in front")
        place = found.end()
        value = found[2].replace(b"\r\n", b"\n")
        try:
            yield found[1].decode("ascii"), value.decode("utf-8")
        except UnicodeDecodeError as error:
            raise CannotEditError(f"{error} in a header field") from error


def nobody_left(ending: Ending, recipients: Sequence[Forward]) -> bool:
    """Tell whether every recipient is to be removed, and none added."""
    without = {each.address for each in ending.without}
    added = ending.instead or ending.redirected
    left = bool(added) or bool({each.address for each in recipients} - without)
    return bool(without) and not left


def within(ending: Ending, *, renames: bool, adds: bool) -> Ending:
    """Limit an ending to a mail server that cannot change a reverse-path, or add recipients.

    Addresses then stay as they came: a recipient that cannot be added again must not be removed.
    """
    if ending.reverse_path is not None and not renames:
        ending = replace(ending, reverse_path=None)
    if ending.instead and not adds:
        kept = {each.tagged for each in ending.instead}
        without = tuple(each for each in ending.without if each.address not in kept)
        ending = replace(ending, without=without, instead=())
    return ending
