"""Find what a bounce returns: the one message or header, in its place.

Whoever writes a false bounce chooses what looks returned, and what is returned is
excused from rules about what no bounce carries.  So it has to stand where bounces have
it: in a report after the text (RFC 6522 3 has it after the status part, and some servers
before it), and without a
report after the text; it is the first, and a second at most (where a server returns one
for each of two recipients); it is a message by its octets and no name contradicts that; and
its header is one that some server wrote.  A returned header has
nothing below it: a file in it is no part of any message.  Or it stands inline in the
text, where no mail program opens it.

Whoever builds all of that has built a genuine bounce in form, and only what we remember
of the mail that we sent tells them apart.
"""

from itertools import dropwhile

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import kinds
from pratique.scanners.bounces.outline import (
    HEADER_TYPES,
    MESSAGE_TYPES,
    Outline,
    is_inline,
)
from pratique.scanners.mime.header import Header, read_fields, skip_before
from pratique.scanners.names import extension

# The fields of a header that are looked at; a returned one has up to 100 lines.
FIELDS = 400
_TRANSPORT = frozenset(
    {
        *(b"received", b"message-id", b"return-path", b"mime-version", b"content-type"),
        *(b"dkim-signature", b"x-mailer", b"content-transfer-encoding"),
    }
)
# Browsers open a message with such a name as a page (RFC 2557).
PAGES_OF_MAIL = frozenset({"mht", "mhtml"})
# So many are returned at most.
RETURNED = 2
_KNOWN = _TRANSPORT | {b"from", b"to", b"subject", b"date", b"cc", b"reply-to", b"sender"}


def is_header(head: bytes) -> bool:
    """Tell whether octets begin with a header that was in transport: three known fields."""
    octets = head if b"\n" in head else head.replace(b"\r", b"\n")
    start = skip_before(octets, 0, len(octets))
    header = Header(start, len(octets))
    end = min((at for at in (octets.find(b"\n\r\n", start), octets.find(b"\n\n", start)) if at > 0),
              default=len(octets))  # fmt: skip
    read_fields(octets, header, end + 1, FIELDS)
    names = {each.name for each in header.fields}
    return len(names & _KNOWN) >= 3 and bool(names & _TRANSPORT)


def roots(outline: Outline, outermost_type: str) -> list[facts.Part]:
    """The parts that are what a claimed bounce returns, without those below them."""
    texts = {text.id for text, _ in outline.texts}
    inline = [one for one in outline.parts if is_inline(one) and one.parent in texts]
    found = in_place(outline, outermost_type)
    return inline + [one for one in found if _is_what_it_says(one, outline)]


def in_place(outline: Outline, outermost_type: str) -> list[facts.Part]:
    """The parts that stand where a bounce has what it returns, whatever they are."""
    children = outline.children(max(outline.report(outermost_type), 0))
    # A logo may stand before the text.
    shown = list(dropwhile(lambda one: one.kind == "image", children))
    if not shown or shown[0].kind not in {"text", "html", "multipart"}:
        return []
    return [one for one in shown[1:] if _is_declared(one)][:RETURNED]


def _is_declared(one: facts.Part) -> bool:
    """By its type; or a file named `.eml`, as gateways make of it."""
    if {extension(name) for name in (one.name, *one.names)} & PAGES_OF_MAIL:
        return False
    named = one.kind == "message" and extension(one.name) == "eml"
    return named or one.declared_type in MESSAGE_TYPES | HEADER_TYPES


def _is_what_it_says(one: facts.Part, outline: Outline) -> bool:
    """A message or a header by its octets and by all of its names."""
    wanted = "text" if one.declared_type in HEADER_TYPES else "message"
    named = {kinds.of_name(name) for name in (one.name, *one.names)} - {"", "message"}
    return (
        one.kind in {wanted, "message"} and not named and is_header(outline.heads.get(one.id, b""))
    )


def restated(outline: Outline, found: list[facts.Part]) -> list[facts.Part]:
    """Copies of the parts whose `returned` was not said rightly."""
    returned = {one.id for one in found}
    closed = {one.id for one in found if one.declared_type in HEADER_TYPES}
    changed: list[facts.Part] = []
    for known in outline.parts:
        if known.parent in returned and known.parent not in closed:
            returned.add(known.id)
        if known.returned != (known.id in returned):
            copy = facts.Part()
            copy.CopyFrom(known)
            copy.returned = known.id in returned
            changed.append(copy)
    return changed
