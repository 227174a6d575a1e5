"""Conduct one mail transaction, from MAIL to the reply to the end of data (RFC 5321 3.3).

MAIL and RCPT go on through `Downstream` and the next hop's replies are mirrored; after
DATA the octets go to `ContentReader`, and at the end of data to `take`, which decides and
answers.

Behind a queue a path that breaks our grammar is taken as it is written: the server in
front took it, and 4yz would end in a bounce.  It goes to the next hop as it came; if that
refuses it, the message is held.  The policy finds the path among `envelope.address_problems`.
Likewise content of a form that an admin refuses: there it is held.

Our tags (BATV) are for strangers: the next hop hears our own reverse-path with a tag, and our
own recipients without; everything else here sees only the plain addresses.
"""

import contextlib
import logging
from dataclasses import fields, replace
from operator import attrgetter

from pratique.milter.doors import replies
from pratique.milter.doors.room import RationedWriter
from pratique.milter.doors.smtp.command import parse_rcpt
from pratique.milter.doors.smtp.crowd import NoTurn
from pratique.milter.doors.smtp.desk import Desk, Wire
from pratique.milter.doors.smtp.downstream import Downstream
from pratique.milter.doors.smtp.ending import ContentReader, Fault
from pratique.milter.doors.smtp.forms import Forms
from pratique.milter.doors.smtp.peer import Peer
from pratique.milter.doors.smtp.recipients import Recipients
from pratique.milter.mail import Content, Envelope
from pratique.milter.next_hop import Reply

log = logging.getLogger("pratique.door")

_REFUSALS = {
    Fault.TOO_LARGE: replies.TOO_LARGE,
    Fault.BARE_LINE_END: replies.BARE_LINE_END,
    Fault.LONG_LINE: replies.LONG_LINE,
    Fault.EIGHT_BIT_HEADER: replies.EIGHT_BIT_HEADER,
    Fault.NUL: replies.NUL,
    Fault.NO_ROOM: replies.NO_ROOM,
    Fault.DESERTED: replies.CLIENT_GONE,
}


# `dataclasses.replace` does the same but takes twice as long.
_FIELDS = tuple(field.name for field in fields(Envelope))
_fields = attrgetter(*_FIELDS)


class MailTransaction:
    """The transaction that a client is in."""

    def __init__(self, desk: Desk, wire: Wire, envelope: Envelope) -> None:
        self._desk = desk
        self._settings = desk.settings
        self._wire = wire
        self._envelope = envelope
        self._utf8 = "SMTPUTF8" in envelope.parameters
        self._tags = desk.means.tags
        self._recipients = Recipients()
        # Whether no line of the content begins with a dot.
        self._dotless = False
        # RCPT commands, including those that added no recipient.
        self.asked = 0
        self.downstream = Downstream(
            desk.next_hop,
            desk.settings.keep_seconds,
            desk.later,
            tells_refusals=desk.settings.reply == "sender",
        )

    @property
    def queue_id(self) -> str:
        """Our name for the message."""
        return self._envelope.queue_id

    @property
    def has_recipients(self) -> bool:
        """True if a recipient was taken."""
        return bool(self._recipients.taken)

    async def begin(self) -> Reply:
        """Say MAIL; there is a transaction if and only if it is accepted.

        The next hop hears our own reverse-path with a tag, whenever MAIL is said.
        """
        envelope = self._envelope
        if self._tags is not None and envelope.direction == "outbound":
            path = self._tags.outgoing(envelope.reverse_path or "", envelope.received_at)
            envelope = replace(envelope, reverse_path=path)
        return await self.downstream.mail(envelope)

    async def recipient(self, argument: str, peer: Peer, *, dsn: bool) -> Reply:
        """Carry out RCPT and return the reply.  Raises CommandError."""
        forward = parse_rcpt(
            argument, utf8=self._utf8, dsn=dsn, lenient=self._settings.reply == "queue"
        )
        if self._tags is not None:
            forward = self._tags.incoming(forward, self._envelope.received_at)
        self.asked += 1
        if not self._desk.relay.allows(peer.ip, forward.address):
            log.info("%s: relaying to %r denied", peer.ip, forward.address)
            return replies.RELAYING_DENIED
        if (known := self._recipients.take_again(forward)) is not None:
            return known
        if len(self._recipients.taken) >= self._settings.max_recipients:
            return replies.TOO_MANY_RECIPIENTS
        reply = await self.downstream.recipient(forward)
        if reply.accepted:
            self._recipients.take(forward, reply)
        return reply

    async def content(self) -> tuple[Reply, ...]:
        """Take the content; return the replies to its end, or none if the end never came."""
        writer = RationedWriter(self._wire.room)
        try:
            self._wire.say(replies.READY_FOR_CONTENT)
            fault = await self._in_time(writer)
            if fault is None:
                content = writer.keep()
                content.dotless = self._dotless
                return self._each(await self._taken(content))
        finally:
            writer.discard()
        log.info("%s: refused: %s", self.queue_id, fault)
        if fault is Fault.TOO_SLOW:
            self._wire.end(replies.TIMEOUT)
        refusal = _REFUSALS.get(fault)
        return () if refusal is None else self._each(refusal)

    def _each(self, reply: Reply) -> tuple[Reply, ...]:
        """Return the replies to the end of data: in LMTP one per recipient (RFC 2033 4.2)."""
        return self._recipients.each(reply) if self._settings.lmtp else (reply,)

    async def _in_time(self, writer: RationedWriter) -> Fault | None:
        self._wire.hurry(self._settings.content_seconds)
        try:
            return await self._read_content(writer)
        except TimeoutError:
            return Fault.TOO_SLOW
        finally:
            self._wire.hurry(None)

    async def _read_content(self, writer: RationedWriter) -> Fault | None:
        reader, forms = self._reader(writer)
        # What a client sends along with DATA is content already (RFC 2920 3.1).
        octets = self._wire.take_rest() or await self._wire.read()
        while octets and (rest := reader.feed(octets)) is None:
            octets = await self._wire.read()
        if not octets:
            return Fault.NO_END
        if rest:
            self._wire.put_back(rest)
        self._dotless = reader.dotless
        if reader.fault is None and self._wire.deserted:
            # The client left before there was a message to abandon; inspecting it would be useless.
            return Fault.DESERTED
        if reader.fault is None and forms is not None and forms.found is not None:
            log.info("%s: to be held: %s", self.queue_id, forms.found)
            self.downstream.refuse(_REFUSALS[forms.found])
        return reader.fault

    def _reader(self, writer: RationedWriter) -> tuple[ContentReader, Forms | None]:
        settings = self._settings
        unwanted = settings.unwanted_forms
        if self._utf8:
            unwanted -= {Fault.EIGHT_BIT_HEADER}
        forms = Forms(unwanted, refuses=settings.reply == "sender") if unwanted else None
        reader = ContentReader(
            writer,
            settings.most_taken,
            repair=settings.bare_line_ends == "repair",
            look=forms.look if forms is not None else None,
        )
        return reader, forms

    async def _taken(self, content: Content) -> Reply:
        said = dict(zip(_FIELDS, _fields(self._envelope), strict=True))
        said["recipients"] = tuple(self._recipients.taken)
        said["received_at"] = self._desk.means.clock()
        envelope = Envelope(**said)
        with contextlib.closing(content):
            try:
                async with self._wire.quota:
                    return await self._desk.take(content, envelope, self.downstream)
            except NoTurn:
                log.warning("%s: its client has too many messages here", envelope.queue_id)
                return replies.NO_TURN
            except Exception:
                log.exception("%s: could not be taken", envelope.queue_id)
                return replies.OUR_FAULT
