"""Keep the outer parts of a message: what a mail program shows of it at first sight.

An outer part has nothing but multiparts around it.  What lies in an attached message or
in an archive says nothing of what the message itself is: people forward bounces.

What an outer archive holds is looked at only for the reports that come as files, DMARC
and TLS (RFC 7489 7.2, RFC 8460 4): they are known by what they are, not by their names.

Octets are let go while the message is walked through, so of the few parts that will be
read a copy of the beginning is kept; all of these together are a few megabytes.
"""

import re
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
# A thousand recipients, which is as many as a mail has, with a reason for each.
STATUS_OCTETS = 512 * 1024
# The longest returned header had 24 KB.
HEAD_OCTETS = 64 * 1024

REPORT = "multipart/report"
# Gateways wrap what they sign, or what they put a notice to.
_WRAPPERS = frozenset({"multipart/mixed", "multipart/signed"})
_WRAPPED = 4
STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
# RFC 6522 3, RFC 6533 6.3.
MESSAGE_TYPES = frozenset({"message/rfc822", "message/global", "message/news"})
# Rockliffe's MailSite writes the last one, which no standard has.
HEADER_TYPES = frozenset(
    {"text/rfc822-headers", "message/global-headers", "message/rfc822-headers"}
)
# Names under which a mail program opens a part as a page.
PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml"})
# RFC 7489 appendix C: the root is `feedback`.  Before it: a declaration, comments, a DTD.
REPORT_OCTETS = 4096
_FEEDBACK = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:(?:<\?[^<>]{0,400}\?>|<!--(?:[^-]|-(?!-)){0,2000}-->"
    rb"|<!DOCTYPE[^<>]{0,400}>)\s*)*<(?:\w{1,64}:)?feedback[\s>]"
)
# Where XML is shown as a page or rewritten into one, it is no report.
_SHOWN_XML = re.compile(
    rb"xml-stylesheet|1999/xhtml|<!ENTITY|xmlns(?::\w{1,64})?\s{0,8}=\s{0,8}[\"'][^\"'<>]{0,400}&",
    re.IGNORECASE,
)
# RFC 8460 4.4: an object of JSON with one of these members.
_TLS = re.compile(
    rb'(?:\xef\xbb\xbf)?\s*\{(?s:.{0,2000})"(?:organization-name|date-range|policies)"'
)


@dataclass(slots=True)
class Outline:
    """All parts of one message, and the heads of those that tell something."""

    # Every part, in the order of discovery: a parent comes before its members.
    parts: list[facts.Part] = field(default_factory=list)
    # The outer ones.
    outer: list[facts.Part] = field(default_factory=list)
    # Their declared types.
    declared: set[str] = field(default_factory=set)
    texts: list[tuple[facts.Part, bytes]] = field(default_factory=list)
    statuses: list[bytes] = field(default_factory=list)
    # Messages and headers that may be returned ones, by the id of their part.
    heads: dict[int, bytes] = field(default_factory=dict)
    # "dmarc_report" or "tls_report", by the id of a text that is one by its octets.
    reports: dict[int, str] = field(default_factory=dict)
    # Ids of outer archives.
    _archives: set[int] = field(default_factory=set)
    # Ids of the message and of the multiparts that hold outer parts.
    _containers: set[int] = field(default_factory=lambda: {0})

    def add(self, part: Part) -> None:
        """Take a part into account."""
        known = part.known
        self.parts.append(known)
        parent = known.parent
        outer = parent in self._containers
        if known.kind == "text" and (outer or parent in self._archives):
            self._add_report(part)
        if not outer:
            self._add_inline(part)
            return
        self.outer.append(known)
        kind, declared = known.kind, known.declared_type
        self.declared.add(declared)
        if kind == "archive":
            self._archives.add(known.id)
        if kind == "multipart":
            self._containers.add(known.id)
        elif declared in STATUS_TYPES:
            if len(self.statuses) < STATUSES:
                self.statuses.append(bytes(part.octets[:STATUS_OCTETS]))
        elif kind == "message" or declared in HEADER_TYPES:
            self._add_head(part)
        elif kind in {"text", "html"} and len(self.texts) < TEXTS:
            self.texts.append((known, bytes(part.octets[:TEXT_OCTETS])))

    def _add_report(self, part: Part) -> None:
        head = bytes(part.octets[:REPORT_OCTETS])
        if _FEEDBACK.match(head) and not _SHOWN_XML.search(part.octets):
            self.reports[part.known.id] = "dmarc_report"
        elif _TLS.match(head):
            self.reports[part.known.id] = "tls_report"

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

        A gateway that puts a notice above or below a message, or signs it, wraps it: so
        the first multipart in what it makes is looked at.
        """
        at, type_ = 0, outermost_type
        for _ in range(_WRAPPED):
            if type_ == REPORT:
                return at
            if type_ not in _WRAPPERS:
                return -1
            inner = [one for one in self.children(at) if one.kind == "multipart"][:1]
            if not inner:
                return -1
            at, type_ = inner[0].id, inner[0].declared_type
        return -1

    def bodies(self) -> set[int]:
        """Ids of the pages that a mail program shows as the message's own text.

        The first part that is no picture, however deep, and the forms of one text
        (RFC 2046 5.1.4).
        """
        alternatives = {
            one.id for one in self.parts if one.declared_type == "multipart/alternative"
        }
        found = {one.id for one in self.outer if one.parent in alternatives}
        at = 0
        for _ in range(_WRAPPED):
            shown = [one for one in self.children(at) if one.kind != "image"][:1]
            at = shown[0].id if shown else -1
            found.add(at)
        return found


def is_inline(known: facts.Part) -> bool:
    """Tell whether the reader of MIME found this message in the midst of a text."""
    return known.returned and known.declared_type == "message/rfc822" and "further" in known.views
