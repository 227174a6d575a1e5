"""State whether a message gives itself for a bounce, and what speaks for a genuine one.

A bounce of mail that somebody else sent in our name, or a worm in the dress of a bounce,
looks like the real one to whoever reads it.  What it is made of differs (`../bounces/`
has the figures): a genuine one returns what it answers, and carries nothing else.

What is found here is form, and form can be built.  `verified` needs what we remember of
the mail that we sent, which no scanner knows; it is never stated here.  What it says of that
mail is (`returned`), so that the near side can hold it against what was sent.
"""

from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.bounces import (
    claim,
    evidence,
    original,
    outermost,
    quoted,
    reports,
    returned,
)
from pratique.scanners.bounces.claim import Signs
from pratique.scanners.bounces.outermost import Outermost
from pratique.scanners.bounces.outline import Outline
from pratique.scanners.part import Message, Part


class Bounce:
    """Follows a message, and states `bounce` and which parts are `returned`."""

    name: ClassVar[str] = "bounce"

    def __init__(self, message: Message) -> None:
        self._message = message
        self._outline = Outline()

    def scan(self, part: Part) -> Iterator[facts.Facts]:
        """Keep what the conclusion needs; nothing is stated of one part."""
        self._outline.add(part)
        return iter(())

    def conclude(self) -> Iterator[facts.Facts]:
        """State what the message is, if it is no ordinary mail."""
        message, outline = self._message, self._outline
        header = outermost.read(message)
        signs = claim.signs(header, message.mail, outline, message.envelope)
        other = claim.other(header, message.mail, outline, signs)
        if not other and not signs.any:
            return
        message.budget.check_clock()
        roots = returned.roots(outline, header.media_type())
        changed = returned.restated(outline, roots)
        strange = evidence.strange(outline, _excused(outline, changed, header, other))
        # Another report is an excuse for what it is, and for nothing else.
        if other and not (signs.any and strange):
            yield facts.Facts(bounce=facts.Bounce(other=other, returned=original.answered(header)))
            return
        what = original.read(outline, header, [one.id for one in roots], self._own())
        reasons = [
            *_of_form(header, signs, outline),
            *self._of_envelope(header),
            *self._of_original(what, [one.id for one in roots]),
            *evidence.attachments(strange),
        ]
        for part in changed:
            yield facts.Facts(parts=[part])
        if quoted.has_many_recipients(outline):
            detail = f"more than {quoted.RECIPIENTS} recipients in a delivery status"
            yield facts.Facts(limits=[facts.Limit(class_="header", detail=detail)])
        said = what if what.ByteSize() else None
        yield facts.Facts(bounce=facts.Bounce(claimed=True, evidence=reasons, returned=said))

    def _of_envelope(self, header: Outermost) -> Iterator[facts.Evidence]:
        envelope = self._message.envelope
        if envelope.reverse_path:
            yield evidence.weigh("reverse_path", envelope.reverse_path)
        if header.is_list():
            yield evidence.weigh("bulk_mail")
        if not header.first(b"message-id"):
            yield evidence.weigh("no_message_id")

    def _own(self) -> set[str]:
        """The bounce's own addresses, in lower case."""
        header = self._message.mail.header
        fields = (header.from_, header.to, header.sender, header.reply_to)
        return {one.address.lower() for field in fields for one in field}

    def _of_original(self, what: facts.Returned, roots: list[int]) -> Iterator[facts.Evidence]:
        """What it says of the message that it answers."""
        outline = self._outline
        heads = [one for one in roots if returned.is_header(outline.heads.get(one, b""))]
        if heads:
            paths = {one.id: one.path for one in outline.parts}
            yield evidence.weigh("returned_header", f"in {paths[heads[0]]}")
        self._message.budget.check_clock()
        yield from evidence.message_ids(list(what.message_ids))
        if what.failed:
            yield evidence.weigh("failed_recipient", what.failed[0])


def _excused(
    outline: Outline, changed: list[facts.Part], header: Outermost, other: str
) -> set[int]:
    """Ids of what may be there: what is returned, and what another report is made of."""
    now = {one.id: one.returned for one in (*outline.parts, *changed)}
    # A damaged message in the place of the returned one is not foreign, though what is in it is.
    place = {one.id for one in returned.in_place(outline, header.media_type())}
    return place | {number for number, is_ in now.items() if is_} | reports.covered(outline, other)


def _of_form(header: Outermost, signs: Signs, outline: Outline) -> Iterator[facts.Evidence]:
    if signs.report and not signs.status:
        yield evidence.weigh("report_without_status")
    elif signs.report and header.report_type() == b"delivery-status":
        yield evidence.weigh("report_structure")
    if claim.has_structure(header, outline, signs):
        yield evidence.weigh("structure")
    if reporter := quoted.reporters(outline):
        yield evidence.weigh("delivery_status", f"reported by {reporter}")
    if signs.daemon:
        yield evidence.weigh("daemon_author")
    if signs.subject:
        yield evidence.weigh("subject_words")
    if header.word(b"auto-submitted") not in {b"", b"no"}:
        yield evidence.weigh("automatic")
    if quoted.is_page_only(outline, header):
        yield evidence.weigh("html_only")
