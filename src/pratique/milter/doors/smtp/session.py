"""Obey a client's commands: what each does, and in which order they may come.

A session knows no socket: it says replies to, and reads content from, the `Wire` that it
is given.  What belongs to one message is in `MailTransaction`, who the client is in `Peer`,
what is announced in greeting.py.

A client that brings no mail is sent away, as Postfix does (smtpd_junk_command_limit):
NOOP, RSET, VRFY, HELP, greetings and MAIL that is not taken are counted from one message to
the next, and refused recipients over the whole connection.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import ClassVar

from pratique.milter.doors import replies
from pratique.milter.doors.direction import direction_of
from pratique.milter.doors.smtp import greeting
from pratique.milter.doors.smtp.command import CommandError, Mail, parse_mail
from pratique.milter.doors.smtp.desk import Desk, Wire
from pratique.milter.doors.smtp.inbox import NOT_TEXT
from pratique.milter.doors.smtp.peer import Peer
from pratique.milter.doors.smtp.transaction import MailTransaction
from pratique.milter.doors.smtp.xclient import parse_xclient
from pratique.milter.doors.smtp.xforward import parse_xforward
from pratique.milter.mail import Envelope
from pratique.milter.next_hop import Reply

log = logging.getLogger("pratique.door")

# The commands in which RFC 6531 3.3 allows UTF-8.
_MAY_BE_UTF8 = frozenset({"MAIL", "RCPT", "VRFY"})
# Commands that bring no mail forward.
_IDLE = frozenset({"EHLO", "HELO", "LHLO", "RSET", "NOOP", "VRFY", "HELP"})
# Commands that are obeyed before TLS where it is required (RFC 3207 4).
_BEFORE_TLS = frozenset({"EHLO", "LHLO", "NOOP", "STARTTLS", "QUIT"})

Action = Callable[["Session", str], Awaitable[None]]


class Session:
    """What one client has said so far, and what it may say next."""

    def __init__(self, desk: Desk, wire: Wire, peer_ip: str) -> None:
        self._desk = desk
        self._settings = desk.settings
        self._wire = wire
        self._peer_ip = peer_ip
        self._peer = Peer(peer_ip, desk.settings)
        self._behind_queue = desk.settings.reply == "queue"
        self._demands_tls = desk.settings.tls == "required"
        self._verbs = self._LMTP_VERBS if desk.settings.lmtp else self._SMTP_VERBS
        self._helo = ""
        self._protocol = "SMTP"
        # The extensions announced because mail that uses them can go on.
        self._through: frozenset[str] = frozenset()
        self._mail: MailTransaction | None = None
        self._messages = 0
        self._idle = 0
        self._refused = 0

    @property
    def in_transaction(self) -> bool:
        """True between MAIL and the reply to the end of data."""
        return self._mail is not None

    def abandon(self) -> None:
        """Note that the client is gone."""
        if self._mail is not None:
            self._mail.downstream.abandon()

    async def reset(self) -> None:
        """Forget the transaction and all that belongs to it."""
        mail, self._mail = self._mail, None
        self._peer.forget()
        if mail is not None:
            await mail.downstream.give_up()

    def obey(self, verb: str, argument: str) -> Awaitable[None]:
        """Return what a command does, to be awaited.

        Raises CommandError for what is not a command at this point.
        """
        action = self._verbs.get(verb)
        if action is None:
            raise CommandError(replies.NO_SUCH_COMMAND)
        if verb not in _MAY_BE_UTF8 and not argument.isascii():
            raise CommandError(NOT_TEXT)
        if self._demands_tls and verb not in _BEFORE_TLS and not self._wire.tls:
            raise CommandError(replies.TLS_FIRST)
        if verb in _IDLE and not self._may_be_idle():
            return self._nothing()
        return action(self, argument)

    async def _nothing(self) -> None:
        """Do nothing more: the connection is ending."""

    def _may_be_idle(self) -> bool:
        """Count a command that brings no mail; end the connection after too many."""
        self._idle += 1
        if self._idle > self._settings.max_idle_commands:
            self._wire.end(replies.TOO_MANY_COMMANDS)
        return self._idle <= self._settings.max_idle_commands

    async def _on_helo(self, argument: str) -> None:
        await self._greeted(argument, "SMTP")
        self._through = frozenset()
        self._wire.say(greeting.hello(self._settings))

    async def _on_ehlo(self, argument: str) -> None:
        await self._greeted(argument, "LMTP" if self._settings.lmtp else "ESMTP")
        of_next_hop = await self._desk.next_hop.extensions()
        self._through = greeting.passed_through(self._settings, of_next_hop)
        through = self._through | {"STARTTLS"} if self._wire.may_encrypt else self._through
        self._wire.say(greeting.offered(self._settings, self._peer, through))

    async def _greeted(self, argument: str, protocol: str) -> None:
        # Real clients call themselves anything; the length of a domain is the limit.
        if not argument or " " in argument or len(argument) > 255:
            raise CommandError(replies.BAD_HELO)
        # RFC 5321 4.1.4: as if by RSET.
        await self.reset()
        self._helo, self._protocol = argument, protocol

    @property
    def _said_protocol(self) -> str:
        return self._peer.named("PROTO").upper() or self._protocol

    @property
    def _takes_dsn(self) -> bool:
        # A Postfix in front of us that uses us as smtpd_proxy_filter passes on the parameters of
        # its client, whatever we announce.
        return self._peer.may_forward or "DSN" in self._through or self._behind_queue

    async def _on_mail(self, argument: str) -> None:
        if not self._helo:
            raise CommandError(replies.HELO_FIRST)
        if self._mail is not None:
            raise CommandError(replies.NESTED_MAIL)
        if self._messages >= self._settings.max_messages:
            self._wire.end(replies.TOO_MANY_MESSAGES)
            return
        parsed = parse_mail(argument, dsn=self._takes_dsn, lenient=self._behind_queue)
        if parsed.size > self._settings.most_taken:
            self._say_of_mail(replies.TOO_LARGE)
            return
        if not self._wire.room.has(max(parsed.size, 1)):
            # RFC 1870 6.2; to say so now spares both sides the content.
            self._say_of_mail(replies.NO_ROOM)
            return
        await self._begin(MailTransaction(self._desk, self._wire, self._envelope(parsed)))

    def _envelope(self, parsed: Mail) -> Envelope:
        settings, client = self._settings, self._peer.client(self._helo)
        login = self._peer.named("LOGIN")
        return Envelope(
            queue_id=self._desk.queue_ids.new(),
            mta_id=self._peer.mta_id,
            received_at=self._desk.means.clock(),
            reverse_path=parsed.reverse_path,
            parameters=parsed.parameters,
            client=client,
            door=settings.name,
            tls=self._wire.tls,
            authenticated=login,
            direction=direction_of(settings.direction, settings.own_networks, client, login),
            protocol=greeting.protocol(self._said_protocol, utf8=parsed.utf8),
        )

    async def _begin(self, mail: MailTransaction) -> None:
        reply = await mail.begin()
        if reply.accepted:
            self._messages += 1
            self._mail = mail
        self._say_of_mail(reply)

    def _say_of_mail(self, reply: Reply) -> None:
        """Answer MAIL; one that is not taken counts as a command that brings no mail."""
        if reply.accepted or self._may_be_idle():
            self._wire.say(reply)

    async def _on_rcpt(self, argument: str) -> None:
        mail = self._mail
        if mail is None:
            raise CommandError(replies.MAIL_FIRST)
        reply = await mail.recipient(argument, self._peer, dsn=self._takes_dsn)
        self._wire.say(reply)
        self._refused += reply.code >= 500
        # A client that was refused as often as it may name recipients knows the limit.
        if mail.asked > 2 * self._settings.max_recipients:
            self._wire.end(replies.TOO_MANY_COMMANDS)
        elif self._refused > self._settings.max_refused:
            log.info("%s: too many refused recipients", self._peer.ip)
            self._wire.end(replies.TOO_MANY_REFUSED)

    async def _on_data(self, argument: str) -> None:
        mail = self._mail
        if argument:
            raise CommandError(replies.NO_ARGUMENT)
        if mail is None:
            raise CommandError(replies.MAIL_FIRST)
        if not mail.has_recipients:
            raise CommandError(replies.RCPT_FIRST)
        try:
            said = await mail.content()
        except Exception:
            # Where the content ends is unknown: going on would read it as commands.
            log.exception("%s: could not read content", mail.queue_id)
            said = ()
            self._wire.end(replies.OUR_FAULT_CLOSING)
        for reply in said:
            self._wire.say(reply)
        if said:
            await self._wire.flush()
        self._idle = 0
        await self.reset()

    async def _on_rset(self, argument: str) -> None:
        if argument:
            raise CommandError(replies.NO_ARGUMENT)
        await self.reset()
        self._wire.say(replies.OK)

    async def _on_xforward(self, argument: str) -> None:
        if not self._peer.may_forward:
            raise CommandError(replies.NOT_AUTHORIZED)
        if self._mail is not None:
            raise CommandError(replies.IN_TRANSACTION)
        self._peer.forward(parse_xforward(argument))
        self._wire.say(replies.OK)

    async def _on_xclient(self, argument: str) -> None:
        if not self._peer.may_name:
            raise CommandError(replies.NOT_AUTHORIZED)
        if self._mail is not None:
            raise CommandError(replies.IN_TRANSACTION)
        self._peer.name(parse_xclient(argument))
        if not self._wire.name(self._peer.ip):
            return
        # XCLIENT_README: the conversation starts over; what HELO said is forgotten, unless
        # XCLIENT named a HELO.
        self._helo, self._protocol = self._peer.named("HELO"), "SMTP"
        self._through = frozenset()
        self._wire.say(greeting.banner(self._settings))

    async def _on_starttls(self, argument: str) -> None:
        if argument:
            raise CommandError(replies.NO_ARGUMENT)
        if not self._wire.may_encrypt:
            raise CommandError(replies.NOT_OFFERED)
        # RFC 3207 4.2: anyone can have said what was said before TLS.
        await self.reset()
        self._helo, self._protocol, self._through = "", "SMTP", frozenset()
        self._peer = self._peer.unproven(self._peer_ip)
        await self._wire.start_tls()

    async def _on_noop(self, _argument: str) -> None:
        self._wire.say(replies.OK)

    async def _on_vrfy(self, _argument: str) -> None:
        # RFC 5321 3.5.3 and 7.3: the client learns nothing.
        self._wire.say(replies.CANNOT_VERIFY)

    async def _on_help(self, _argument: str) -> None:
        self._wire.say(replies.HELP)

    async def _on_quit(self, _argument: str) -> None:
        self._wire.end(replies.BYE)

    async def _not_offered(self, _argument: str) -> None:
        raise CommandError(replies.NOT_OFFERED)

    async def _not_smtp(self, _argument: str) -> None:
        self._wire.end(replies.NOT_SMTP)

    _VERBS: ClassVar[Mapping[str, Action]] = {
        "MAIL": _on_mail,
        "RCPT": _on_rcpt,
        "DATA": _on_data,
        "RSET": _on_rset,
        "NOOP": _on_noop,
        "VRFY": _on_vrfy,
        "HELP": _on_help,
        "QUIT": _on_quit,
        "XFORWARD": _on_xforward,
        "XCLIENT": _on_xclient,
        "STARTTLS": _on_starttls,
        "AUTH": _not_offered,
        "EXPN": _not_offered,
        "ETRN": _not_offered,
        # What follows these is not a command, but would be read as one: the connection ends.
        # BDAT carries content (RFC 3030); the others come from a web browser made to speak to us.
        "BDAT": _not_smtp,
        "GET": _not_smtp,
        "POST": _not_smtp,
        "PUT": _not_smtp,
        "CONNECT": _not_smtp,
    }
    _SMTP_VERBS: ClassVar[Mapping[str, Action]] = {**_VERBS, "EHLO": _on_ehlo, "HELO": _on_helo}
    # RFC 2033 4.1: LHLO, and neither HELO nor EHLO.
    _LMTP_VERBS: ClassVar[Mapping[str, Action]] = {**_VERBS, "LHLO": _on_ehlo}
