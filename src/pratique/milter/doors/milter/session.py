"""Follow one connection of a mail server: what it says of a client, and each message.

A session knows neither libmilter nor packets.  It only collects.  At the end of a message the
event loop decides, and the caller waits for the answer: a thread of libmilter in
`finish`, a task in `finished`.  Whatever goes wrong becomes 4yz, and the mail server keeps
the message.

A 5yz is never said where a queue would get it (RFC 5321 6.1): behind a queue, and
for mail that came by sendmail(1), of which Postfix makes a bounce.  The decision should
have been to hold such mail; if it was not, the mail server holds it.

A caller that gives up waiting does not stop what was begun: half a decision is none.  The
message may be held by then, and the mail server will retry: the retry finds that copy.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pratique.milter.doors import replies
from pratique.milter.doors.direction import THIS_HOST, direction_of
from pratique.milter.doors.libmilter.answer import Answer
from pratique.milter.doors.milter import macros
from pratique.milter.doors.milter.ending import Ending, MilterTake, nobody_left
from pratique.milter.doors.milter.mail import Fault, MilterMail
from pratique.milter.doors.milter.settings import MilterSettings
from pratique.milter.doors.milter.traffic import Traffic
from pratique.milter.doors.networks import plain_ip
from pratique.milter.doors.queue_id import QueueIds
from pratique.milter.doors.room import Room
from pratique.milter.mail import Client, Content, Envelope
from pratique.milter.next_hop import Reply

log = logging.getLogger("pratique.door")

TOO_SLOW = Reply(451, ("4.3.0 Message could not be inspected in time, try again later",))
HELD = Reply(250, ("2.0.0 Ok",))
# Not 421, on which Postfix would hang up on a client that may have other mail.
NOT_NOW = Reply(451, ("4.3.2 Not now, try again later",))
_FAULTS = {
    Fault.NO_ROOM: replies.NO_ROOM,
    Fault.TOO_MANY_RECIPIENTS: replies.TOO_MANY_RECIPIENTS,
    Fault.OURS: replies.OUR_FAULT,
}

# Postfix also runs milters for mail that never came by SMTP (non_smtpd_milters), and then
# makes up a client: this name and address, and no port.
_NO_CLIENT = ("localhost", "127.0.0.1", 0)
_NO_NAME = frozenset({"", "unknown"})

# Names without braces, and values.
Macros = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class MilterDesk:
    """What all sessions of one milter share."""

    settings: MilterSettings
    take: MilterTake
    loop: asyncio.AbstractEventLoop
    clock: Callable[[], datetime]
    queue_ids: QueueIds
    room: Room
    traffic: Traffic
    # Called in the loop when a thread goes to sleep while other connections may have data to read.
    relieve: Callable[[], object] = lambda: None
    # Tasks that the loop runs for threads: it holds no strong reference to a task itself.
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, task: asyncio.Task[None]) -> None:
        """Keep a task alive until it is done."""
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def new_id(self) -> str:
        """Return a name for a transaction."""
        with self._lock:
            return self.queue_ids.new()


@dataclass(slots=True)
class _Message:
    """The message that is under way."""

    mail: MilterMail
    queue_id: str
    welcome: bool


@dataclass(frozen=True, slots=True)
class Finished:
    """How a message ended, and what the edits are computed from."""

    ending: Ending
    mail: MilterMail | None = None
    queue_id: str = ""

    @property
    def dropped(self) -> bool:
        """True if the mail server shall discard the message."""
        ending = self.ending
        if ending.hold or self.mail is None:
            return False
        return ending.outgoing is None or nobody_left(ending, self.mail.recipients)


_NOT_TAKEN = Finished(Ending(replies.OUR_FAULT))


class MilterSession:
    """One connection of a mail server."""

    def __init__(self, desk: MilterDesk) -> None:
        self._desk = desk
        self._client = Client()
        self._made_up = False
        self._message: _Message | None = None
        self._finished = False
        self.welcome = desk.traffic.connect()

    def connect(self, name: str, ip: str, port: int) -> None:
        """Note the client of the mail server; without an address the client is not known."""
        # Forget the client of an earlier connect.
        self._client = Client()
        self._made_up = (name, ip, port) == _NO_CLIENT
        if self._made_up or not ip:
            return
        known = "" if name in _NO_NAME or name.startswith("[") else name
        self._client = Client(ip=plain_ip(ip), name=known)

    def helo(self, name: str) -> None:
        """Note what the client calls itself."""
        if not self._made_up:
            self._client = Client(self._client.ip, self._client.name, name)

    def mail(self, words: Sequence[bytes]) -> None:
        """Begin a message: the reverse-path and its parameters."""
        self.reset()
        desk = self._desk
        collected = MilterMail(words, desk.room, desk.settings.max_size)
        welcome = desk.traffic.begin()
        self._message = _Message(collected, desk.new_id(), welcome)

    def recipient(self, words: Sequence[bytes]) -> None:
        """Add a recipient: the forward-path and its parameters."""
        if self._message is not None:
            self._message.mail.recipient(words)

    def field(self, name: str, value: bytes) -> None:
        """Add a header field."""
        if self._message is not None:
            self._message.mail.field(name, value)

    def end_of_header(self) -> None:
        """Add the empty line after the header."""
        if self._message is not None:
            self._message.mail.end_of_header()

    def body(self, octets: bytes) -> None:
        """Add a piece of the body."""
        if self._message is not None:
            self._message.mail.body(octets)

    def spoil(self) -> None:
        """Mark the message under way as incomplete: some part of it was not collected."""
        if self._message is not None:
            self._message.mail.fault = Fault.OURS

    def finish(self, known: Macros) -> Finished:
        """End the message; `known` are the macros.  Blocks until it is decided."""
        message = self._at_its_end()
        if message is None:
            return _NOT_TAKEN
        try:
            content = self._sealed(message)
            if isinstance(content, Ending):
                return self._as_it_ends(message, content)
            envelope = self._envelope(message, dict(known))
            return self._as_it_ends(message, self._answer(message, content, envelope))
        except Exception:
            log.exception("%s: could not be taken", message.queue_id)
            return _NOT_TAKEN

    async def finished(self, known: Macros) -> Finished:
        """End the message in the event loop, however long the decision takes."""
        message = self._at_its_end()
        if message is None:
            return _NOT_TAKEN
        try:
            content = self._sealed(message)
            if isinstance(content, Ending):
                return self._as_it_ends(message, content)
            return self._as_it_ends(message, await self._decided(message, content, known))
        except Exception:
            log.exception("%s: could not be taken", message.queue_id)
            return _NOT_TAKEN

    def late(self) -> Finished:
        """Return what is said once nobody waits any longer for the decision."""
        return Finished(Ending(TOO_SLOW))

    def over(self) -> None:
        """Note that all has been said about the message that was finished."""
        if self._finished:
            self._finished = False
            self._desk.traffic.end(answered=True)

    def reset(self) -> None:
        """Drop the message under way, which will not come to its end."""
        message, self._message = self._message, None
        if message is not None:
            message.mail.discard()
            self._desk.traffic.end(answered=False)

    def close(self) -> None:
        """End the connection."""
        self.reset()
        self._desk.traffic.disconnect()

    def _at_its_end(self) -> _Message | None:
        message, self._message = self._message, None
        if message is not None:
            self._finished = True
            self._desk.traffic.complete()
        return message

    def _sealed(self, message: _Message) -> Content | Ending:
        """Return the content to inspect, or why it is not inspected."""
        mail, settings = message.mail, self._desk.settings
        mail.complete()
        refused = None
        if not message.welcome:
            refused = NOT_NOW
        elif mail.left_out and settings.reply == "sender":
            refused = replies.TOO_LARGE
        content = None if refused else mail.seal()
        if content is not None:
            return content
        mail.discard()
        reply = refused or _FAULTS[mail.fault or Fault.OURS]
        log.info("%s: refused: %s", message.queue_id, reply)
        return Ending(reply)

    def _as_it_ends(self, message: _Message, ending: Ending) -> Finished:
        mail = message.mail
        dropped = ending.outgoing is None and not ending.hold
        if mail.left_out and ending.reply.accepted and dropped:
            raise RuntimeError("who has only a part of a message must not drop it")
        return Finished(self._spared(ending, message.queue_id), mail, message.queue_id)

    def _spared(self, ending: Ending, queue_id: str) -> Ending:
        """Hold the message where its sender cannot get a refusal, which would become a bounce."""
        heard = self._desk.settings.reply == "sender" and not self._made_up
        if heard or ending.reply.code < 500:
            return ending
        log.warning("%s: held by the mail server, a refusal would bounce", queue_id)
        return replace(ending, reply=HELD, hold=f"would be refused: {ending.reply}")

    def _envelope(self, message: _Message, known: dict[str, str]) -> Envelope:
        mail, settings = message.mail, self._desk.settings
        login = known.get("auth_authen", "")
        client = THIS_HOST if self._made_up else self._client
        return Envelope(
            queue_id=message.queue_id,
            received_at=self._desk.clock(),
            reverse_path=mail.reverse_path,
            parameters=mail.parameters,
            recipients=tuple(mail.recipients),
            client=self._client,
            door=settings.name,
            tls=known.get("tls_version", ""),
            authenticated=login,
            direction=direction_of(settings.direction, settings.own_networks, client, login),
            protocol=macros.protocol(mail.parameters, known),
            mta_id=known.get("i", ""),
            macros=tuple(known.items()),
        )

    def _answer(self, message: _Message, content: Content, envelope: Envelope) -> Ending:
        """Have the loop decide, and wait for it no longer than the settings say."""
        answer, desk = Answer(), self._desk

        def begin() -> None:
            desk.keep(desk.loop.create_task(self._taken(message, content, envelope, answer)))
            if desk.traffic.others:
                desk.relieve()

        try:
            desk.loop.call_soon_threadsafe(begin)
        except RuntimeError:
            # The loop is closed, so nothing that was handed to it will ever run.
            content.close()
            message.mail.discard()
            raise
        try:
            return answer.wait(desk.settings.seconds)
        except TimeoutError:
            log.error("%s: not decided after %g s", envelope.queue_id, desk.settings.seconds)
            return Ending(TOO_SLOW)

    async def _taken(
        self, message: _Message, content: Content, envelope: Envelope, answer: Answer
    ) -> None:
        try:
            ending = await self._looked_into(message, content, envelope)
        except BaseException as error:
            answer.fail(error)
            if not isinstance(error, Exception):
                raise
        else:
            answer.give(ending)

    async def _decided(self, message: _Message, content: Content, known: Macros) -> Ending:
        try:
            envelope = self._envelope(message, dict(known))
        except BaseException:
            content.close()
            message.mail.discard()
            raise
        return await self._looked_into(message, content, envelope)

    async def _looked_into(self, message: _Message, content: Content, envelope: Envelope) -> Ending:
        """Decide, and close the content once it is unused, not when the caller stops waiting."""
        try:
            # Read here, in the loop, where it is also changed: what is begun with one pipeline is
            # finished with it, and nothing is begun with one that was replaced.
            return await self._desk.take(content, envelope, message.mail.left_out)
        finally:
            content.close()
            message.mail.discard()
