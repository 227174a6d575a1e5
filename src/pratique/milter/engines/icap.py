"""Ask an ICAP server, as commercial engines are, what it finds (RFC 3507).

A service is asked for its OPTIONS first, and again each minute: whether it wants a preview,
allows 204, how many connections it takes, and which state of it will answer (ISTag), which
stands beside its findings as their database's version.  The octets go from their descriptor
to the connection, a bounded piece at a time.

It has looked and found nothing if it says 204, or where it may not say so, if it gives the
same octets back.  Other octets are a finding: a page instead of the content, or what it made
of it.  It may not have looked where it says 204 and wants no more than the preview, or before
it has all, or where it may say 204 and gives the octets back instead: c-icap does the first
and the last with what is too large for it.  That is a limit, unless the admin says otherwise
(`passed`).

An answer may begin before all is sent, and a server that gives octets back may wait for us to
take them before it takes more: so both go on at one time.  Such a connection is not kept.
"""

import asyncio
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from pratique.milter.config import Settings
from pratique.milter.engines import icap_protocol as protocol
from pratique.milter.engines.anew import Anew
from pratique.milter.engines.engine import Said
from pratique.milter.engines.icap_protocol import Answered, Incoming, Options, Step
from pratique.milter.engines.icap_says import CHANGED, said_of
from pratique.milter.engines.plain import NAME, Plain, Terms, clean, terms_of
from pratique.milter.engines.streams import Connection, Connections, Place, verifying
from pratique.milter.engines.troubles import Away, Closed, NoAnswer
from pratique.milter.engines.turns import Turns
from pratique.milter.mail import Content
from pratique.milter.sections.more_engines import IcapSection
from pratique.scanners import facts_pb2 as facts

# RFC 3507 4.2; for TLS there is none, 11344 is in use.
PORT, TLS_PORT = 1344, 11344
# OPTIONS are a few lines, and no message is in them: who needs longer is away.
OPTIONS_SECONDS = 5.0
# It has no room or may not look at anything: that says nothing of the message.  539 is
# Symantec's: no licence.
_AWAY = {503, 539}
GIVEN_BACK = "it gave the octets back where 204 was allowed: it may not have looked at them"
EARLY = "it answered before it had all, and let the rest pass unseen"
SKIPPED = "it wanted no more than a preview, and let the rest pass unseen"


def icap_of(settings: Settings) -> list[Plain]:
    """The engines that the settings name."""
    return [engine_of(section) for section in settings.icap]


def engine_of(section: IcapSection) -> Plain:
    """One of them."""
    turns = Turns(section.connections)
    terms = terms_of(section, section.connections)
    is_believed = section.passed == "clean"
    return Plain(terms, Icap(section.url, terms, turns, is_believed=is_believed), turns)


class Icap:
    """One service."""

    def __init__(self, url: str, terms: Terms, turns: Turns, *, is_believed: bool = False) -> None:
        self._url, place = _split(url)
        self._severity = terms.severity
        self._is_believed = is_believed
        self._turns = turns
        # Sooner than the time for the message is over, for which that is to blame.
        self._patience = min(OPTIONS_SECONDS, terms.seconds / 2)
        self._connections = Connections(place, self._patience)
        self._known = Anew(Options())

    @property
    def address(self) -> str:
        """What answered last, and where."""
        options = self._known.last
        service = clean(options.service, NAME) or "a service"
        return f"{service} ({clean(options.istag, NAME)}) at {self._url.geturl()}"

    @property
    def signatures(self) -> str:
        """Its ISTag, as it told last."""
        return clean(self._known.last.istag, NAME)

    async def version(self) -> str:
        """Its ISTag.  Raises Away."""
        return (await self._options()).istag

    def doubt(self) -> None:
        """Ask for its OPTIONS before anything else, on another connection."""
        self._known.doubt()
        self._connections.close()

    def close(self) -> None:
        """Keep nothing open."""
        self._connections.close()

    async def look(self, content: Content) -> Said:
        """What it says of a content.  Raises Away, Closed or NoAnswer."""
        options = await self._options()
        connection = await self._connections.take()
        question = _Question(connection, content, options)
        is_whole = False
        try:
            answered = await question.answered(self._url)
            said = await self._meaning(question, answered)
            is_whole = question.is_whole(said)
        finally:
            try:
                await question.stop()
            finally:
                if is_whole and "close" not in answered.icap.words("connection"):
                    self._connections.give_back(connection)
                else:
                    connection.close()
        return said

    async def _meaning(self, question: "_Question", answered: Answered) -> Said:
        """Raises Away, Closed or NoAnswer."""
        head = answered.icap
        if head.status not in (200, 204):
            words = f"{head.status} {clean(head.reason, NAME)}"
            raise Away(words) if head.status in _AWAY else NoAnswer(words)
        said = said_of(head, answered.http, self._severity)
        if not said.findings and not said.limits:
            said = await self._passed(question, head.status)
        self._sign(said, protocol.istag_of(head))
        if protocol.istag_of(head) not in {"", question.options.istag}:
            # It has other signatures now: what is remembered is of others.
            self._known.doubt()
        return said

    async def _passed(self, question: "_Question", status: int) -> Said:
        """What it means that nothing is told.  Raises Closed or NoAnswer."""
        if status == 200 and not await question.same_octets():
            note = "it gave other octets back"
            return Said((facts.Finding(name=CHANGED, severity="suspicious", note=note),))
        if self._is_believed:
            return Said()
        if status == 200 and question.options.allows_204:
            return Said(limits=(GIVEN_BACK,))
        if question.wants_more:
            return Said(limits=(SKIPPED,))
        return Said(limits=(EARLY,)) if status == 204 and question.is_early else Said()

    def _sign(self, said: Said, istag: str) -> None:
        """Say beside each finding who found it."""
        options = self._known.last
        for finding in said.findings:
            finding.engine_version = clean(options.service, NAME)
            finding.database_version = clean(istag or options.istag, NAME)

    async def _options(self) -> Options:
        """What the service is, asked anew from time to time.  Raises Away."""
        return await self._known.get(self._ask_options)

    async def _ask_options(self) -> tuple[Options, float]:
        options = await self._asked()
        if options.connections is not None:
            self._turns.limit(options.connections)
        return options, options.seconds

    async def _asked(self) -> Options:
        """Raises Away: no message of a stranger's is in it."""
        connection, incoming = await self._connections.take(), Incoming()
        try:
            async with asyncio.timeout(self._patience):
                await connection.send([protocol.options_request(self._url)])
                answered = await _answer(connection, incoming)
            return protocol.options_of(answered.icap)
        except (Closed, NoAnswer, TimeoutError) as error:
            why = str(error) or f"no answer to OPTIONS within {self._patience:g} s"
            raise Away(f"{self._url.geturl()}: {why}") from error
        finally:
            connection.close()


async def _answer(connection: Connection, incoming: Incoming) -> Answered:
    """The heads of the answer.  Raises Closed or NoAnswer."""
    while True:
        event = incoming.next_event()
        if isinstance(event, Answered):
            return event
        await _more(connection, incoming)


async def _more(connection: Connection, incoming: Incoming) -> None:
    """Receive more.  Raises Closed or NoAnswer."""
    octets = await connection.receive()
    if not octets:
        if incoming.begun:
            raise NoAnswer("the connection ended in midst of the answer")
        raise Closed("the connection ended")
    incoming.receive(octets)


class _Question:
    """One content on one connection."""

    def __init__(self, connection: Connection, content: Content, options: Options) -> None:
        self._connection, self._content = connection, content
        self.options = options
        first = options.preview
        size = content.size
        self._first = size if first is None else min(first, size)
        self._incoming = Incoming(
            may_continue=self._first < size,
            may_204=options.allows_204 or first is not None,
        )
        self._sending: asyncio.Task[None] | None = None
        # It answered before all was sent.
        self.is_early = False

    @property
    def wants_more(self) -> bool:
        """It was sent a part only, as a preview."""
        return self._incoming.may_continue

    def is_whole(self, said: Said) -> bool:
        """All was sent, and all has come: the next may be asked here.  Raises NoAnswer."""
        if self._incoming.has_ended and self._incoming.rest and not said.findings:
            raise NoAnswer(f"something follows the answer: {self._incoming.rest[:100]!r}")
        # Of an answer that has found something the body is not waited for.
        return not self.is_early and self._incoming.has_ended and not self._incoming.rest

    async def answered(self, url: SplitResult) -> Answered:
        """Send as much as it wants, and take the heads of its answer."""
        head = protocol.request(url, self.options, self._content.size)
        sending = self._send(self._preview(head))
        while True:
            event = self._incoming.next_event()
            if isinstance(event, Answered):
                self.is_early = not sending.done()
                return event
            if event is Step.CONTINUE:
                await sending
                self._incoming.allow_204(allowed=self.options.allows_204)
                sending = self._send(self._rest())
                continue
            await _more(self._connection, self._incoming)

    def _send(self, pieces: Iterator[bytes]) -> "asyncio.Task[None]":
        self._sending = asyncio.create_task(self._connection.send(pieces))
        return self._sending

    async def stop(self) -> None:
        """Send no more: it needs none of it, or nobody asks any more."""
        if self._sending is not None and not self._sending.done():
            self._sending.cancel()
            await asyncio.wait([self._sending])

    def _preview(self, head: bytes) -> Iterator[bytes]:
        yield head
        size, first = self._content.size, self._first
        is_all = self.options.preview is not None and first == size
        end = protocol.IEOF if is_all else b"0\r\n\r\n"
        yield from protocol.chunked(self._content.span(0, first), end)

    def _rest(self) -> Iterator[bytes]:
        yield from protocol.chunked(self._content.span(self._first, self._content.size))

    async def same_octets(self) -> bool:
        """Whether the body is what was sent.  Raises Closed or NoAnswer."""
        at = 0
        while True:
            event = self._incoming.next_event()
            if isinstance(event, bytes):
                if self._content.peek(at, len(event)) != event:
                    return False
                at += len(event)
            elif event is Step.ENDED:
                return at == self._content.size
            else:
                await _more(self._connection, self._incoming)


def _split(url: str) -> tuple[SplitResult, Place]:
    """An address, and where that is."""
    split = urlsplit(url)
    is_tls = split.scheme == "icaps"
    port = split.port or (TLS_PORT if is_tls else PORT)
    tls = verifying() if is_tls else None
    # TLS is of the connection; the request's own address is ICAP's.
    return split._replace(scheme="icap"), Place(split.hostname or "", port, tls=tls)
