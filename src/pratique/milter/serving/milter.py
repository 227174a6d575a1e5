"""Serve one milter in its process: the same pipeline, but Postfix carries the mail.

What differs from SMTP is how a message leaves (`Ways`).  To send it is to tell Postfix
what to change and to go on; Postfix then says 250 itself.  To hold it is to keep it in
our quarantine and have Postfix drop its own, or to have Postfix put it in its hold queue.

Where recipients differ, Postfix drops those for whom it does not go on.  It has one content
of a message; recipients of another are served by the `[release]` next hop, and held without
one.  Holding for some only takes our own quarantine, since Postfix holds a message for all.
To redirect is to have Postfix drop a recipient and add another.

A mail server keeps its connections open, and a process that ends would say 4yz on them.  So
on a reload the same process goes on: messages that begin from then on go through a new house,
and the old one closes when the last message in it has ended.
"""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from pratique.milter.assembly import heard_by, milter_settings, networks
from pratique.milter.doors import replies
from pratique.milter.doors.milter.ending import Ending, MilterTake
from pratique.milter.doors.milter.recipients import Recipients
from pratique.milter.doors.milter.server import MilterServer
from pratique.milter.doors.milter.settings import MilterSettings
from pratique.milter.mail import Content, Envelope, Forward, Outgoing
from pratique.milter.next_hop import Reply
from pratique.milter.quarantine.record import Held
from pratique.milter.sections.milter import MilterListener
from pratique.milter.serving.house import Charge, House, open_house
from pratique.milter.wall.workers import Nurseries
from pratique.milter.ways import Ways

log = logging.getLogger("pratique.door")

# Below the 40 s that the supervisor waits for a door's end.
GRACE_SECONDS = 30.0


class Tenancy:
    """A house, the messages in it, and its end after the last of them."""

    def __init__(self, parts: contextlib.AsyncExitStack, house: House) -> None:
        self.house = house
        self._parts = parts
        self._messages = 0
        self._empty = asyncio.Event()
        self._empty.set()

    def enter(self) -> House:
        """Return the house to a message, until `leave`."""
        self._messages += 1
        self._empty.clear()
        return self.house

    def leave(self) -> None:
        """Note that a message that entered has ended."""
        self._messages -= 1
        if not self._messages:
            self._empty.set()

    async def end(self) -> None:
        """Close the house once no message is in it."""
        await self._empty.wait()
        await self._parts.aclose()


class Door(Protocol):
    """The side that talks to mail servers."""

    def use(self, take: MilterTake, settings: MilterSettings) -> None:
        """Give messages to this pipeline from now on; the socket stays as it is."""

    async def drain(self, seconds: float, patience: float = 0.0) -> bool:
        """Take nothing new, let messages under way finish; False if some did not finish."""

    def hurry(self) -> None:
        """End all patience with connections."""


class MilterServing:
    """One milter of a service."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._door: Door | None = None
        self._tenancy: Tenancy | None = None
        self._leaving: set[asyncio.Task[None]] = set()

    def begun(self, end: Callable[[], object]) -> None:
        """Have a signal meant for the service end this process as the supervisor would."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, end)

    async def open(
        self, settings: MilterSettings, take: MilterTake, listening: socket.socket
    ) -> Door:
        """Return the door, once it serves.  Raises DoorError."""
        door = MilterServer(settings, take)
        await door.open(listening)
        return door

    async def serve(
        self, charge: Charge, nurseries: Nurseries, sockets: Sequence[socket.socket]
    ) -> None:
        """Take mail, or from now on under a new charge.  Raises DoorError too."""
        (listening,) = sockets
        (section,) = (one for one in charge.settings.milter if one.name == self._name)
        parts = contextlib.AsyncExitStack()
        try:
            tenancy = Tenancy(parts, await parts.enter_async_context(open_house(charge, nurseries)))
            settings = milter_settings(
                section,
                charge.settings.deadline,
                charge.settings.doors.processes,
                networks(charge.settings.sent.networks),
            )
            await self._use(tenancy, section, settings, listening)
        except BaseException:
            await parts.aclose()
            raise
        before, self._tenancy = self._tenancy, tenancy
        if before is not None:
            leaving = asyncio.create_task(before.end())
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)
        log.info("%s: listening on %s", section.name, section.socket)

    async def _use(
        self,
        tenancy: Tenancy,
        section: MilterListener,
        settings: MilterSettings,
        listening: socket.socket,
    ) -> None:
        async def take(content: Content, envelope: Envelope, left_out: int) -> Ending:
            house = tenancy.enter()
            try:
                return await Message(house, section, content, left_out).taken(envelope)
            finally:
                tenancy.leave()

        if self._door is not None:
            # The door has the socket already.
            listening.close()
            self._door.use(take, settings)
            return
        self._door = await self.open(settings, take, listening)

    async def drain(self, patience: float = 0.0) -> None:
        """Take nothing new, finish what is in flight, close everything.

        Connections that exist may begin messages for `patience` seconds more, or until
        `hurry`.
        """
        if self._door is not None and not await self._door.drain(GRACE_SECONDS, patience):
            log.warning("%s: breaking off messages", self._name)
        await asyncio.gather(*self._leaving)
        if self._tenancy is not None:
            await self._tenancy.end()

    def hurry(self) -> None:
        """End all patience with connections."""
        if self._door is not None:
            self._door.hurry()


class Message:
    """One message on its way, and what Postfix shall do with it."""

    def __init__(
        self, house: House, section: MilterListener, content: Content, left_out: int
    ) -> None:
        self._house = house
        self._section = section
        self._content = content
        # Octets at the end that we do not have: such a message is not inspected, and only
        # Postfix can keep it whole.
        self._left_out = left_out
        self._envelope: Envelope | None = None
        self._recipients = Recipients(())
        # Our own reverse-path as others shall see it, with a tag; None: as it came.
        self._tagged: str | None = None
        self._outgoing: Outgoing | None = None
        # The addresses for which it goes on.
        self._stay: frozenset[str] = frozenset()
        # Where else it goes, instead of to some that do not stay.
        self._redirected: dict[str, Forward] = {}
        self._body: Content | None = None
        self._hold = ""

    async def taken(self, envelope: Envelope) -> Ending:
        """Have the message decided on, and carry the decision out."""
        envelope = self._envelope = self._plain(envelope)
        here = self._section.quarantine == "own" and not self._left_out
        ways = Ways(
            self._go_on,
            self._house.quarantine.hold if here else self._hold_there,
            heard_by(self._section),
            too_large=self._content.size + self._left_out if self._left_out else 0,
            most=self._section.max_size,
            apart=self._send_apart if self._house.release_hop is not None else None,
            redirect=self._redirect,
            divides=not self._left_out,
            by_reply=True,
        )
        try:
            reply = await self._house.pipeline.take(self._content, envelope, ways)
        except BaseException:
            if self._body is not None:
                self._body.close()
            raise
        return self._ending(reply)

    def _plain(self, envelope: Envelope) -> Envelope:
        """Return the envelope without our tags; note what the mail server has, and shall have."""
        tags, at = self._house.tags, envelope.received_at
        self._recipients = Recipients(envelope.recipients)
        if tags is None:
            return envelope
        self._recipients = Recipients(tuple(tags.incoming(one, at) for one in envelope.recipients))
        if envelope.direction == "outbound" and envelope.reverse_path:
            tagged = tags.outgoing(envelope.reverse_path, at)
            self._tagged = None if tagged == envelope.reverse_path else tagged
        return replace(envelope, recipients=self._recipients.merged)

    def _ending(self, reply: Reply) -> Ending:
        return Ending(
            reply,
            self._outgoing,
            self._recipients.without(self._stay),
            self._body,
            self._hold,
            self._tagged,
            self._recipients.instead(self._stay),
            tuple(self._redirected.values()),
        )

    async def _go_on(self, outgoing: Outgoing, recipients: Sequence[Forward]) -> Reply:
        """Have Postfix send the message, with one content, to these recipients."""
        self._stay |= {forward.address for forward in recipients}
        self._outgoing = outgoing
        if outgoing.rewritten is not None:
            # The caller closes its own before Postfix is told.
            self._body = outgoing.rewritten.content.again()
        return replies.OK

    async def _redirect(
        self, outgoing: Outgoing, _: Sequence[Forward], instead: Forward, is_last: bool
    ) -> Reply:
        """Have Postfix send it to this address; another content goes past its queue."""
        if not is_last:
            return await self._send_apart(outgoing, (instead,))
        self._outgoing = outgoing
        # Adding an address that it came to anyway would make a second copy, or none once that
        # recipient is removed.
        known = {one.address.lower(): one.address for one in self._recipients.merged}
        if (address := known.get(instead.address.lower())) is not None:
            self._stay |= {address}
        else:
            self._redirected[instead.address] = instead
        return replies.OK

    async def _send_apart(self, outgoing: Outgoing, recipients: Sequence[Forward]) -> Reply:
        """Send another content where released mail goes, past Postfix's queue."""
        assert self._envelope is not None
        assert self._house.release_hop is not None
        # The announced size is not that of what goes out (RFC 1870 6.1).
        said = self._envelope.parameters
        kept = tuple(one for one in said if not one.upper().startswith("SIZE="))
        path = self._envelope.reverse_path if self._tagged is None else self._tagged
        envelope = replace(
            self._envelope, reverse_path=path, recipients=tuple(recipients), parameters=kept
        )
        reply, transaction = await self._house.release_hop.resume(envelope, recipients)
        return reply if transaction is None else await transaction.send(outgoing)

    async def _hold_there(self, held: Held) -> str:
        """Have the mail server put it into its own hold queue; return no id, as we hold nothing."""
        assert self._envelope is not None
        self._stay = frozenset(one.address for one in self._envelope.recipients)
        self._outgoing = held.outgoing
        self._hold = "; ".join(sorted({one.rule for one in held.verdicts}))
        return ""
