"""Obey a client's commands: what each does, and in which order they may come.

A session knows no socket: it says replies to, and reads content from, the `Wire` that it
is given.  MAIL and RCPT go on through `Downstream` and the next hop's replies are
mirrored; after DATA the octets go to `ContentReader`, and at the end of data to `take`,
which decides and answers.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar, Protocol

from pratique.milter.doors import replies
from pratique.milter.doors.command import CommandError, parse_mail, parse_rcpt
from pratique.milter.doors.downstream import Downstream, Later
from pratique.milter.doors.ending import ContentReader, Fault
from pratique.milter.doors.inbox import NOT_TEXT
from pratique.milter.doors.queue_id import QueueIds
from pratique.milter.doors.relay import Relay, listed
from pratique.milter.doors.room import RationedWriter, Room
from pratique.milter.doors.settings import DoorSettings
from pratique.milter.doors.xforward import ATTRIBUTES, forwarded_client, parse_xforward
from pratique.milter.mail import Client, Content, Envelope, Forward
from pratique.milter.next_hop import NextHop, Reply

log = logging.getLogger("pratique.door")

# Looks into a message, decides, acts, and gives the reply to the end of data.  The
# content is closed when it returns.
Take = Callable[[Content, Envelope, Downstream], Awaitable[Reply]]

_REFUSALS = {
    Fault.TOO_LARGE: replies.TOO_LARGE,
    Fault.BARE_LINE_END: replies.BARE_LINE_END,
    Fault.NO_ROOM: replies.NO_ROOM,
    Fault.DESERTED: replies.CLIENT_GONE,
}

# The commands in which RFC 6531 3.3 allows UTF-8.
_MAY_BE_UTF8 = frozenset({"MAIL", "RCPT", "VRFY"})


@dataclass(frozen=True, slots=True)
class Desk:
    """What all sessions of one listener share."""

    settings: DoorSettings
    next_hop: NextHop
    take: Take
    relay: Relay
    queue_ids: QueueIds
    clock: Callable[[], datetime]
    later: Later
    room: Room


class Wire(Protocol):
    """The connection, as a session sees it."""

    @property
    def deserted(self) -> bool:
        """True if nobody is there to hear the reply to the end of data."""

    def say(self, reply: Reply) -> None:
        """Reply, at the latest before the next octets are waited for."""

    def end(self, reply: Reply) -> None:
        """Reply and close."""

    async def flush(self) -> None:
        """Reply now."""

    async def read(self) -> bytes:
        """More octets; none: the client has gone."""

    def take_rest(self) -> bytes:
        """The octets that came with the last command."""

    def put_back(self, octets: bytes) -> None:
        """Octets that follow the content."""


@dataclass(slots=True)
class _Mail:
    """The transaction that the client is in."""

    envelope: Envelope
    downstream: Downstream
    utf8: bool
    recipients: list[Forward] = field(default_factory=list)


class Session:
    """What one client said so far, and what it may say next."""

    def __init__(self, desk: Desk, wire: Wire, peer_ip: str) -> None:
        self._desk = desk
        self._settings = desk.settings
        self._wire = wire
        self._peer_ip = peer_ip
        # Its clients are behind it, and are known only as far as it names them.
        self._is_proxy = listed(peer_ip, desk.settings.xforward_from)
        self._forwarded: dict[str, str] = {}
        self._helo = ""
        self._protocol = "SMTP"
        self._mail: _Mail | None = None
        self._messages = 0

    @property
    def in_transaction(self) -> bool:
        """True between MAIL and the reply to the end of data."""
        return self._mail is not None

    def abandon(self) -> None:
        """The client is gone."""
        if self._mail is not None:
            self._mail.downstream.abandon()

    async def reset(self) -> None:
        """Forget the transaction and whatever belongs to it."""
        mail, self._mail = self._mail, None
        self._forwarded = {}
        if mail is not None:
            await mail.downstream.give_up()

    async def obey(self, verb: str, argument: str) -> None:
        """Do what a command says; raises CommandError for what is no command now."""
        action = self._VERBS.get(verb)
        if action is None:
            raise CommandError(replies.NO_SUCH_COMMAND)
        if verb not in _MAY_BE_UTF8 and not argument.isascii():
            raise CommandError(NOT_TEXT)
        await action(self, argument)

    async def _on_helo(self, argument: str) -> None:
        await self._greeted(argument, "SMTP")
        self._wire.say(Reply(250, (self._settings.hostname,)))

    async def _on_ehlo(self, argument: str) -> None:
        await self._greeted(argument, "ESMTP")
        offered = [
            self._settings.hostname,
            "PIPELINING",
            f"SIZE {self._announced_size}",
            "8BITMIME",
            "SMTPUTF8",
            "ENHANCEDSTATUSCODES",
        ]
        if self._settings.reply == "queue":
            offered.append("DSN")
        if self._is_proxy:
            offered.append(f"XFORWARD {' '.join(ATTRIBUTES)}")
        self._wire.say(Reply(250, tuple(offered)))

    @property
    def _takes_dsn(self) -> bool:
        # A queue that may not hand on its client's wish for a notification fulfils it: it
        # would tell the reverse-path of a worm that we hold (RFC 3461 5.2.2).
        return self._is_proxy or self._settings.reply == "queue"

    @property
    def _announced_size(self) -> int:
        # 0: no fixed maximum (RFC 1870 4).  A queue that is told one bounces by itself.
        return self._settings.max_size if self._settings.reply == "sender" else 0

    async def _greeted(self, argument: str, protocol: str) -> None:
        # Real clients call themselves anything; a domain's length is the limit.
        if not argument or " " in argument or len(argument) > 255:
            raise CommandError(replies.BAD_HELO)
        # RFC 5321 4.1.4: as if by RSET.
        await self.reset()
        self._helo, self._protocol = argument, protocol

    async def _on_mail(self, argument: str) -> None:
        if not self._helo:
            raise CommandError(replies.HELO_FIRST)
        if self._mail is not None:
            raise CommandError(replies.NESTED_MAIL)
        if self._messages >= self._settings.max_messages:
            self._wire.end(replies.TOO_MANY_MESSAGES)
            return
        parsed = parse_mail(argument, dsn=self._takes_dsn)
        if parsed.size > self._settings.most_taken:
            self._wire.say(replies.TOO_LARGE)
            return
        envelope = Envelope(
            queue_id=self._desk.queue_ids.new(),
            mta_id=self._forwarded.get("IDENT", ""),
            received_at=self._desk.clock(),
            reverse_path=parsed.reverse_path,
            parameters=parsed.parameters,
            client=self._client(),
            door=self._settings.name,
            direction=self._settings.direction,
            protocol="UTF8SMTP" if parsed.utf8 else self._protocol,
        )
        await self._begin(envelope, utf8=parsed.utf8)

    async def _begin(self, envelope: Envelope, *, utf8: bool) -> None:
        settings = self._settings
        downstream = Downstream(
            self._desk.next_hop,
            settings.keep_seconds,
            self._desk.later,
            tells_refusals=settings.reply == "sender",
        )
        reply = await downstream.mail(envelope)
        if reply.accepted:
            self._messages += 1
            self._mail = _Mail(envelope, downstream, utf8)
        self._wire.say(reply)

    def _client(self) -> Client:
        if self._is_proxy:
            return forwarded_client(self._forwarded)
        return Client(ip=self._peer_ip, helo=self._helo)

    async def _on_rcpt(self, argument: str) -> None:
        mail = self._mail
        if mail is None:
            raise CommandError(replies.MAIL_FIRST)
        forward = parse_rcpt(argument, utf8=mail.utf8, dsn=self._takes_dsn)
        if not self._desk.relay.allows(self._peer_ip, forward.address):
            log.info("%s: relaying to %r denied", self._peer_ip, forward.address)
            self._wire.say(replies.RELAYING_DENIED)
        elif len(mail.recipients) >= self._settings.max_recipients:
            self._wire.say(replies.TOO_MANY_RECIPIENTS)
        else:
            reply = await mail.downstream.recipient(forward)
            if reply.accepted:
                mail.recipients.append(forward)
            self._wire.say(reply)

    async def _on_data(self, argument: str) -> None:
        if argument:
            raise CommandError(replies.NO_ARGUMENT)
        if self._mail is None:
            raise CommandError(replies.MAIL_FIRST)
        if not self._mail.recipients:
            raise CommandError(replies.RCPT_FIRST)
        try:
            reply = await self._content(self._mail)
        except Exception:
            # Where the content ends is not known: to go on would read it as commands.
            log.exception("%s: could not read content", self._mail.envelope.queue_id)
            reply = None
            self._wire.end(replies.OUR_FAULT_CLOSING)
        if reply is not None:
            self._wire.say(reply)
            await self._wire.flush()
        await self.reset()

    async def _content(self, mail: _Mail) -> Reply | None:
        """The reply to the end of data; None: there is no end."""
        writer = RationedWriter(self._desk.room)
        try:
            self._wire.say(replies.READY_FOR_CONTENT)
            fault = await self._in_time(writer)
            if fault is None:
                return await self._taken(writer.seal(), mail)
        finally:
            writer.discard()
        log.info("%s: refused: %s", mail.envelope.queue_id, fault)
        if fault is Fault.TOO_SLOW:
            self._wire.end(replies.TIMEOUT)
        return _REFUSALS.get(fault)

    async def _in_time(self, writer: RationedWriter) -> Fault | None:
        try:
            async with asyncio.timeout(self._settings.content_seconds):
                return await self._read_content(writer)
        except TimeoutError:
            return Fault.TOO_SLOW

    async def _read_content(self, writer: RationedWriter) -> Fault | None:
        repair = self._settings.bare_line_ends == "repair"
        reader = ContentReader(writer, self._settings.most_taken, repair=repair)
        # What a client sends along with DATA is content already (RFC 2920 3.1).
        rest = reader.feed(self._wire.take_rest())
        while rest is None:
            octets = await self._wire.read()
            if not octets:
                return Fault.NO_END
            rest = reader.feed(octets)
        self._wire.put_back(rest)
        if reader.fault is None and self._wire.deserted:
            # It went before there was a message to abandon; nobody need look into it.
            return Fault.DESERTED
        return reader.fault

    async def _taken(self, content: Content, mail: _Mail) -> Reply:
        envelope = replace(
            mail.envelope, recipients=tuple(mail.recipients), received_at=self._desk.clock()
        )
        with contextlib.closing(content):
            try:
                return await self._desk.take(content, envelope, mail.downstream)
            except Exception:
                log.exception("%s: could not be taken", envelope.queue_id)
                return replies.OUR_FAULT

    async def _on_rset(self, argument: str) -> None:
        if argument:
            raise CommandError(replies.NO_ARGUMENT)
        await self.reset()
        self._wire.say(replies.OK)

    async def _on_xforward(self, argument: str) -> None:
        if not self._is_proxy:
            raise CommandError(replies.NOT_AUTHORIZED)
        if self._mail is not None:
            raise CommandError(replies.IN_TRANSACTION)
        self._forwarded.update(parse_xforward(argument))
        self._wire.say(replies.OK)

    async def _on_noop(self, _argument: str) -> None:
        self._wire.say(replies.OK)

    async def _on_vrfy(self, _argument: str) -> None:
        # RFC 5321 3.5.3 and 7.3: who asks learns nothing.
        self._wire.say(replies.CANNOT_VERIFY)

    async def _on_help(self, _argument: str) -> None:
        self._wire.say(replies.HELP)

    async def _on_quit(self, _argument: str) -> None:
        self._wire.end(replies.BYE)

    async def _not_offered(self, _argument: str) -> None:
        raise CommandError(replies.NOT_OFFERED)

    async def _not_smtp(self, _argument: str) -> None:
        self._wire.end(replies.NOT_SMTP)

    _VERBS: ClassVar[dict[str, Callable[["Session", str], Awaitable[None]]]] = {
        "EHLO": _on_ehlo,
        "HELO": _on_helo,
        "MAIL": _on_mail,
        "RCPT": _on_rcpt,
        "DATA": _on_data,
        "RSET": _on_rset,
        "NOOP": _on_noop,
        "VRFY": _on_vrfy,
        "HELP": _on_help,
        "QUIT": _on_quit,
        "XFORWARD": _on_xforward,
        "STARTTLS": _not_offered,
        "AUTH": _not_offered,
        "EXPN": _not_offered,
        "ETRN": _not_offered,
        # What follows these is no command, but would be read as such: the connection ends.
        # BDAT carries content (RFC 3030); the rest is a web browser made to speak to us.
        "BDAT": _not_smtp,
        "GET": _not_smtp,
        "POST": _not_smtp,
        "PUT": _not_smtp,
        "CONNECT": _not_smtp,
    }
