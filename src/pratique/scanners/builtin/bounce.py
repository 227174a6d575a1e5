"""State whether a message gives itself for a bounce, and what speaks for a genuine one.

A bounce of mail that somebody else sent in our name, or a worm in the dress of a bounce,
looks like the real one to whoever reads it.  What it is made of differs (`../bounces/`
has the figures): a genuine one returns what it answers, and carries nothing else.

What is found here is form, and form can be built.  `verified` needs what we remember of
the mail that we sent, which no scanner knows; it is never stated here.
"""

from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.bounces import claim, evidence, outermost, quoted, reports, returned
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
        header = outermost.read(message.octets, message.budget)
        signs = claim.signs(header, message.mail, outline)
        other = claim.other(header, message.mail, outline, signs)
        if not other and not signs.any:
            return
        message.budget.check_clock()
        roots = returned.roots(outline, header.media_type())
        changed = returned.restated(outline, roots)
        strange = evidence.strange(outline, _excused(outline, changed, header, other))
        # Another report is an excuse for what it is, and for nothing beside it.
        if other and not (signs.any and strange):
            yield facts.Facts(bounce=facts.Bounce(other=other))
            return
        reasons = [
            *_of_form(header, signs, outline),
            *self._of_envelope(header),
            *self._of_original(header, [one.id for one in roots]),
            *evidence.attachments(strange),
        ]
        for part in changed:
            yield facts.Facts(parts=[part])
        yield facts.Facts(bounce=facts.Bounce(claimed=True, evidence=reasons))

    def _of_envelope(self, header: Outermost) -> Iterator[facts.Evidence]:
        envelope = self._message.envelope
        if envelope.reverse_path:
            yield evidence.weigh("reverse_path", envelope.reverse_path)
        if header.is_list():
            yield evidence.weigh("bulk_mail")
        if not header.first(b"message-id"):
            yield evidence.weigh("no_message_id")

    def _of_original(self, header: Outermost, roots: list[int]) -> Iterator[facts.Evidence]:
        """What it says of the message that it answers."""
        outline, mail = self._outline, self._message.mail
        heads = [one for one in roots if returned.is_header(outline.heads.get(one, b""))]
        if heads:
            paths = {one.id: one.path for one in outline.parts}
            yield evidence.weigh("returned_header", f"in {paths[heads[0]]}")
        self._message.budget.check_clock()
        yield from evidence.message_ids(quoted.message_ids(outline, header, roots))
        self._message.budget.check_clock()
        fields = (mail.header.from_, mail.header.to, mail.header.sender, mail.header.reply_to)
        own = {one.address.lower() for field in fields for one in field}
        if failed := quoted.failed_recipient(outline, header, own):
            yield evidence.weigh("failed_recipient", failed)


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
