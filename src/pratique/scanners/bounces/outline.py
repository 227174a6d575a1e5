"""Keep the outer parts of a message: what a mail program shows of it at first sight.

An outer part has nothing but multiparts around it.  What lies in an attached message or
in an archive says nothing of what the message itself is: people forward bounces.

Octets are let go while the message is walked through, so of the few parts that will be
read a copy of the beginning is kept; all of these together are a few megabytes.
"""

from dataclasses import dataclass, field

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.part import Part

# A bounce has one or two texts, one status part, and returns one message.
TEXTS = 8
STATUSES = 4
MESSAGES = 8
# Servers say what went wrong in a few KB; the longest genuine text, with a whole message
# inline, had 200 KB.
TEXT_OCTETS = 256 * 1024
# The longest returned header had 24 KB.
HEAD_OCTETS = 64 * 1024

REPORT = "multipart/report"
_MIXED = "multipart/mixed"
STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
# RFC 6522 3, RFC 6533 6.3.
MESSAGE_TYPES = frozenset({"message/rfc822", "message/global", "message/news"})
HEADER_TYPES = frozenset({"text/rfc822-headers", "message/global-headers"})
# Names under which a mail program opens a part as a page.
PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml"})


@dataclass(slots=True)
class Outline:
    """All parts of one message, and the heads of those that tell something."""

    # Every part, in the order of discovery: a parent comes before its members.
    parts: list[facts.Part] = field(default_factory=list)
    # The outer ones.
    outer: list[facts.Part] = field(default_factory=list)
    texts: list[tuple[facts.Part, bytes]] = field(default_factory=list)
    statuses: list[bytes] = field(default_factory=list)
    # Messages and headers that may be returned ones, by the id of their part.
    heads: dict[int, bytes] = field(default_factory=dict)
    # Ids of the message and of the multiparts that hold outer parts.
    _containers: set[int] = field(default_factory=lambda: {0})

    def add(self, part: Part) -> None:
        """Take a part into account."""
        known = part.known
        self.parts.append(known)
        if known.parent not in self._containers:
            self._add_inline(part)
            return
        self.outer.append(known)
        if known.kind == "multipart":
            self._containers.add(known.id)
        elif known.declared_type in STATUS_TYPES:
            if len(self.statuses) < STATUSES:
                self.statuses.append(bytes(part.octets[:HEAD_OCTETS]))
        elif known.kind == "message" or known.declared_type in HEADER_TYPES:
            self._add_head(part)
        elif known.kind in {"text", "html"} and len(self.texts) < TEXTS:
            self.texts.append((known, bytes(part.octets[:TEXT_OCTETS])))

    def _add_inline(self, part: Part) -> None:
        if is_inline(part.known) and any(part.known.parent == text.id for text, _ in self.texts):
            self._add_head(part)

    def _add_head(self, part: Part) -> None:
        if len(self.heads) < MESSAGES:
            self.heads[part.known.id] = bytes(part.octets[:HEAD_OCTETS])

    def children(self, parent: int) -> list[facts.Part]:
        """The outer parts in a container, in the reading that the standard prescribes."""
        return [one for one in self.outer if one.parent == parent and "further" not in one.views]

    def report(self, outermost_type: str) -> int:
        """Id of the multipart/report that the message is; -1 if it is none.

        A gateway that puts a notice below a message wraps it: then it comes first.
        """
        if outermost_type == REPORT:
            return 0
        first = self.children(0)[:1] if outermost_type == _MIXED else []
        return next((one.id for one in first if one.declared_type == REPORT), -1)


def is_inline(known: facts.Part) -> bool:
    """Tell whether the reader of MIME found this message in the midst of a text."""
    return known.returned and known.declared_type == "message/rfc822" and "further" in known.views
