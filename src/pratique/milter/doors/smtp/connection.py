"""Take mail by SMTP: aiosmtpd's connection, our own conversation.

aiosmtpd provides the protocol object and its timer.  Its command loop, its address parser
(the standard library's: a quarter of the time of a small mail, and never meant for
strangers) and its line-by-line reading of content are replaced: `_handle_client` here talks
to the client from the greeting to the end.  How octets come and go is in line.py, since
that is what a relay spends its time on.

Octets go to `Inbox`, commands from it to `Session`.  Replies gather and go out before
the next octet is waited for, so a pipelining client gets them in one packet (RFC 2920
3.2), but sooner if there are many.  aiosmtpd cancels the conversation when the client
goes; here the conversation finds out itself, and a delivery that has begun is finished.

A client that has closed its connection, and one that has closed only its half and still
listens, send the same FIN.  The first did not hear 250 and will retry; delivering
its message now would deliver it twice.  So a client that closes before the reply to the end
of data gets no delivery, though RFC 9293 3.6 lets it listen on: it hears 451 and loses
nothing but time.  QUIT as the last thing said marks a client that sent all in one go and
does not wait for more (RFC 2920 3.1 wants QUIT last in its group); its message is
taken as if the client were there.

A client that does not read its replies is treated as a silent one: it has as long to read as
to speak, then a few seconds for the last word, then the connection is broken.  It
counts as long as its socket is open and its message is under way.

The door survives whatever it is sent: the client's mistake is a `CommandError`,
ours is 451 and a traceback in the log.
"""

import asyncio
import logging
import ssl

from pratique.milter.doors import replies
from pratique.milter.doors.networks import listed, plain_ip
from pratique.milter.doors.room import Room
from pratique.milter.doors.smtp import greeting, proxy_protocol
from pratique.milter.doors.smtp.command import CommandError
from pratique.milter.doors.smtp.crowd import Crowd, Quota
from pratique.milter.doors.smtp.desk import Desk
from pratique.milter.doors.smtp.inbox import Inbox
from pratique.milter.doors.smtp.line import SmtpLine
from pratique.milter.doors.smtp.proxy_protocol import ProxyError
from pratique.milter.doors.smtp.session import Session
from pratique.milter.next_hop import Reply

log = logging.getLogger("pratique.door")

# Octets of replies that may gather: a chunk of short commands would make megabytes of them.
# As much as asyncio's transports buffer before a writer must wait.
MAX_SAID = 64 * 1024


class SmtpDoor(SmtpLine):
    """One connection."""

    def __init__(self, desk: Desk, crowd: Crowd) -> None:
        super().__init__(desk.settings.idle_seconds, desk.settings.linger_seconds)
        self._desk = desk
        self._crowd = crowd
        self._quota: Quota | None = None
        self._inbox = Inbox(desk.settings.max_command)
        # What the client said last, for the log.
        self._command = ("", "")
        self._errors = 0
        # Whether a message is about to begin: right after connecting, not after a message.
        self._begun = True
        # The client: the peer of the connection, or the one that a PROXY header names.
        self._peer_ip = ""
        self._session: Session | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the conversation."""
        peer = transport.get_extra_info("peername")
        # A unix socket has no address: its client is unknown, and in no network.
        if isinstance(peer, tuple):
            self._peer_ip = plain_ip(peer[0])
        self._crowd.add(self)
        super().connection_made(transport)

    def went(self) -> None:
        """Tell the delivery that nobody will hear the reply any more, if so."""
        if self.deserted and self._session is not None:
            self._session.abandon()

    def shut_down(self) -> None:
        """Close: at once if nothing is under way, else after the transaction."""
        if self._session is None:
            # It has not said who it is, or not agreed on TLS: there is no way to say a last word.
            if not self._crowd.patient:
                self.abort()
        elif self.is_waited_for and self._may_part(self._session):
            self.hang_up(replies.SHUTTING_DOWN)

    def _may_part(self, session: Session) -> bool:
        """Tell whether hanging up now breaks nothing off."""
        return not session.in_transaction and not (self._begun and self._crowd.patient)

    async def _handle_client(self) -> None:
        try:
            self._session = await self._introduced()
            if self._session is not None:
                await self._converse(self._session)
            await self.flush()
        except Exception:
            log.exception("%s: the door failed", self._peer_ip)
            self.hang_up(replies.OUR_FAULT_CLOSING)
        finally:
            self.close()
            await self._part()

    async def _part(self) -> None:
        """Leave nothing behind, and count until the socket is gone."""
        try:
            if self._session is not None:
                await self._session.reset()
        finally:
            try:
                await self.lost.wait()
            finally:
                self._crowd.remove(self)
                if self._quota is not None:
                    self._crowd.give_back(self._peer_ip, self._quota)

    async def _introduced(self) -> Session | None:
        """Greet the client and return its session; or turn it away, saying why if possible."""
        settings = self._desk.settings
        if self._crowd.is_full:
            self._turned_away(replies.TOO_BUSY)
            return None
        if listed(self._peer_ip, settings.proxy_protocol_from) and not await self._announced():
            return None
        # It counts before the TLS handshake, which it may never complete.
        self._quota = self._crowd.quota(self._peer_ip)
        if self._quota is None:
            log.info("%s: too many connections", self._peer_ip)
            self._turned_away(replies.TOO_MANY_CONNECTIONS)
            return None
        if settings.tls == "implicit" and not await self._encrypted(self._begun_tls()):
            return None
        self.say(greeting.banner(settings))
        return Session(self._desk, self, self._peer_ip)

    def _turned_away(self, reply: Reply) -> None:
        """Say why, if possible: with TLS from the start, a handshake would cost too much now."""
        if self._desk.settings.tls != "implicit":
            self.end(reply)

    def name(self, ip: str) -> bool:
        """Count as a client with this address from here on; False if it has enough connections."""
        if self._quota is not None:
            self._crowd.give_back(self._peer_ip, self._quota)
        self._peer_ip, self._quota = ip, self._crowd.quota(ip)
        if self._quota is None:
            log.info("%s: too many connections", ip)
            self.end(replies.TOO_MANY_CONNECTIONS)
        return self._quota is not None

    async def _announced(self) -> bool:
        """Read whom a PROXY header names, and take that one for the client."""
        octets = b""
        # haproxy sends it at once; a packet may be lost twice (proxy-protocol.txt 2).
        self.hurry(self._desk.settings.proxy_seconds)
        try:
            while (named := proxy_protocol.read(octets)) is None:
                more = await self.read()
                if not more:
                    raise ProxyError("it closed before a PROXY header")
                octets += more
        except (ProxyError, TimeoutError) as error:
            why = str(error) or "it was too slow to send a PROXY header"
            log.warning("%s, a peer of proxy_protocol_from: %s", self._peer_ip, why)
            return False
        self.hurry(None)
        self._inbox.feed(octets[named.length :])
        if not named.local:
            self._peer_ip = named.ip
        return True

    async def _converse(self, session: Session) -> None:
        while not self.ended:
            if self._crowd.closing and self._may_part(session):
                self.end(replies.SHUTTING_DOWN)
                return
            try:
                command = self._inbox.command()
                if command is not None:
                    await self._obey(session, *command)
                    self._begun = command[0] != "DATA"
                    if len(self.said) > MAX_SAID:
                        await self.flush()
                elif octets := await self.read_command():
                    self._inbox.feed(octets)
                else:
                    return
            except CommandError as fault:
                self._blame(fault.reply)

    async def _obey(self, session: Session, verb: str, argument: str) -> None:
        self.be_patient()
        self._command = verb, argument
        try:
            await session.obey(verb, argument)
        except CommandError:
            raise
        except Exception:
            log.exception("%s: %s failed", self._peer_ip, verb)
            await session.reset()
            self.say(replies.OUR_FAULT)

    def _blame(self, reply: Reply) -> None:
        self.be_patient()
        self.say(reply)
        self._errors += 1
        if self._errors >= self._desk.settings.max_errors:
            log.info("%s: too many errors, the last: %s", self._peer_ip, reply)
            self.end(replies.TOO_MANY_ERRORS)

    # What a session sees of the connection, in addition to what line.py has of it.

    @property
    def quota(self) -> Quota:
        """The client's part of what all clients share."""
        assert self._quota is not None
        return self._quota

    @property
    def room(self) -> Room:
        """Where the octets of the client's content are taken from."""
        return self.quota.room

    def say(self, reply: Reply) -> None:
        """Reply, at the latest before the next octets are waited for.

        All replies go through here, so this is where a queue is kept from making a bounce.
        """
        if self._desk.settings.reply == "queue":
            mend = replies.to_mend(reply)
            if mend:
                said = (self._peer_ip, *self._command, reply)
                log.error("%s: %s %r cannot be taken: %s.  To mend it: %s", *said, mend)
            reply = replies.softened(reply)
        self.said += reply.encode()

    def end(self, reply: Reply) -> None:
        """Reply and close."""
        self.say(reply)
        self.ended = True

    def take_rest(self) -> bytes:
        """Take the octets that came with the last command."""
        return self._inbox.take_rest()

    def put_back(self, octets: bytes) -> None:
        """Put back octets that follow the content."""
        self._inbox.feed(octets)

    @property
    def tls(self) -> str:
        """The version of TLS in use; empty if none."""
        return self.spoken[0]

    @property
    def may_encrypt(self) -> bool:
        """Whether STARTTLS is offered now."""
        return self._desk.certificate is not None and not self.tls

    async def start_tls(self) -> bool:
        """Carry out STARTTLS; False if the connection has ended.

        What came before TLS can be from anyone.  RFC 3207 4.2 has it forgotten, and that includes
        octets that came along with STARTTLS: read after the handshake, they would be taken for
        commands of the client, whoever injected them (CVE-2011-0411).  No client that obeys the RFC
        sends any, so the connection ends.
        """
        self.hold_reading()
        if not self._inbox.is_empty or self.has_unread:
            log.warning("%s: octets came along with STARTTLS", self._peer_ip)
            self.end(replies.AFTER_STARTTLS)
            return False
        self.say(replies.READY_FOR_TLS)
        self.send_said()
        return await self._encrypted(b"")

    def _begun_tls(self) -> bytes:
        """Return what has already come of TLS, where it is spoken from the start."""
        self.hold_reading()
        return self._inbox.take_rest() + self.unread()

    async def _encrypted(self, begun: bytes) -> bool:
        """Speak TLS from here on; False if it could not be agreed on."""
        assert self._desk.certificate is not None
        seconds = self._desk.settings.handshake_seconds
        try:
            await self.encrypt(self._desk.certificate.context, seconds, begun)
        except (OSError, ssl.CertificateError) as fault:
            log.info("%s: no TLS: %s", self._peer_ip, fault or "too slow")
            self.ended = True
            self.abort()
            return False
        return True
