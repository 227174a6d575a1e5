"""Send a held message on its way, so that no crash and no haste makes two of it.

The state `releasing` is on the disk before the content is sent, and `released` after
the next hop's 250.  Who dies in between leaves `releasing` with nobody at it: *unsure*.
Such a message is never sent again by itself; `again` is the order of somebody who has
looked whether it arrived.  A connection that broke after the content went out is the
same case (RFC 5321 4.5.3.2.6 and RFC 1047: the other side may have the message).

MAIL and RCPT are said before `releasing` is written: they send nothing, so a crash
there leaves the message plainly held.  The content is in memory by then, and known to be
what was held: no disk can fail in the middle of it.  If one recipient is refused, nobody
is sent anything, and the admin is told which: a reply for some would split the message.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from pratique.milter.content import content_of
from pratique.milter.mail import CHUNK, Content, Envelope, Forward, Outgoing
from pratique.milter.next_hop import NextHop, Reply, Transaction
from pratique.milter.quarantine.bound import Bound
from pratique.milter.quarantine.folders import Folders, QuarantineError
from pratique.milter.quarantine.record import Record
from pratique.milter.quarantine.state import Did, Stage, State, Step
from pratique.milter.quarantine.tokens import FIELD, Tokens

_NOT_ASKED = Reply(0, ("",))
_UNSURE = (
    "unsure: an earlier release was cut off, and the message may have been sent."
    " Look whether it arrived; to send it all the same, say --again"
)


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants released.

    Without `recipients`: all who do not have the message yet.  `again` also sends what
    may have been sent, or was.
    """

    recipients: tuple[str, ...] = ()
    again: bool = False
    who: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a release went: where the message stands now, and what the next hop said."""

    id: str
    stage: Stage
    recipients: tuple[str, ...]
    reply: Reply
    # True if the next hop has the message now, for these recipients.
    sent: bool = False
    # The recipients that the next hop does not take, each with its reply.
    refused: tuple[tuple[str, Reply], ...] = ()


# Makes of a record what goes out to these recipients today (restamping.py).
Leaving = Callable[[Record, Sequence[Forward]], Awaitable[Record]]


async def as_it_is(record: Record, _recipients: Sequence[Forward]) -> Record:
    """It goes out as it was held."""
    return record


@dataclass(frozen=True, slots=True)
class _Job:
    record: Record
    # As it was found, before this order.
    state: State
    content: Content
    recipients: tuple[Forward, ...]
    who: str
    # What this order did so far.
    steps: list[Step] = field(default_factory=list)

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(forward.address for forward in self.recipients))

    @property
    def outgoing(self) -> Outgoing:
        """What goes out after the token's field."""
        return Outgoing(self.content, self.record.prepend, self.record.cut)

    @property
    def envelope(self) -> Envelope:
        # The size that was announced is not that of what goes out (RFC 1870 6.1).
        said = self.record.envelope.parameters
        kept = tuple(one for one in said if not one.upper().startswith("SIZE="))
        return replace(self.record.envelope, recipients=self.recipients, parameters=kept)


@dataclass(frozen=True, slots=True)
class Releaser:
    """Releases held messages, one at a time each."""

    folders: Folders
    tokens: Tokens
    clock: Callable[[], datetime]

    async def release(
        self, message_id: str, next_hop: NextHop, order: Order, leaving: Leaving = as_it_is
    ) -> Outcome:
        """Release a message; QuarantineError says why that cannot be."""
        with self.folders.locked(message_id):
            job = await asyncio.to_thread(self._prepare, message_id, order)
            try:
                job = replace(job, record=await leaving(job.record, job.recipients))
                return await self._talk(job, next_hop)
            finally:
                job.content.close()

    def _prepare(self, message_id: str, order: Order) -> _Job:
        try:
            record, state = self.folders.read(message_id)
            content = self._load(record)
        except (OSError, ValueError) as error:
            raise QuarantineError(f"{message_id} is damaged: {error}") from error
        try:
            # We hold the lock, so whoever wrote `releasing` is not alive any more.
            if state.stage is Stage.RELEASING and not order.again:
                raise QuarantineError(f"{message_id} is {_UNSURE}")
            return _Job(record, state, content, _chosen(record, state, order), order.who)
        except BaseException:
            content.close()
            raise

    def _load(self, record: Record) -> Content:
        with os.fdopen(self.folders.open_content(record.id), "rb") as file:
            content = content_of(iter(partial(file.read, CHUNK), b""))
        if not record.is_of(content):
            content.close()
            raise ValueError("its content is not what was held (size or SHA-256 differs)")
        return content

    async def _talk(self, job: _Job, next_hop: NextHop) -> Outcome:
        with _sayable(job):
            reply, transaction = await next_hop.begin(job.envelope)
        if transaction is None:
            return await self._refused(job, reply)
        sending = False
        try:
            with _sayable(job):
                refused = await _refused_recipients(job, transaction)
            if refused:
                return await self._refused(job, refused[0][1], refused)
            token = await self._announce(job)
            sending = True
            return await self._send(job, transaction, token)
        finally:
            if not sending:
                await transaction.give_up()

    async def _announce(self, job: _Job) -> str:
        bound = await asyncio.to_thread(Bound.of, job.outgoing, job.envelope)
        token = await asyncio.to_thread(self.tokens.issue, job.record.id, bound)
        await self._write(job, Did.SENDING, job.state.with_sending(job.addresses))
        return token

    async def _send(self, job: _Job, transaction: Transaction, token: str) -> Outcome:
        token_field = f"{FIELD}: {token}\r\n".encode("ascii")
        outgoing = replace(job.outgoing, prepend=token_field + job.record.prepend)
        reply = await transaction.send(outgoing)
        if _is_uncertain(reply):
            unsure = job.state.with_sending(job.addresses)
            return await self._write(job, Did.UNSURE, unsure, reply)
        if reply.accepted:
            return await self._released(job, reply)
        outcome = await self._refused(job, reply)
        await asyncio.to_thread(self.tokens.withdraw, token)
        return outcome

    async def _released(self, job: _Job, reply: Reply) -> Outcome:
        released = job.state.with_released(job.addresses)
        try:
            return await self._write(job, Did.RELEASED, released, reply)
        except OSError as error:
            # Whoever reads only of a full disk sends it a second time.
            raise QuarantineError(
                f"{job.record.id} was sent ({reply}), but that could not be written down"
                f" ({error}): it stands as unsure"
            ) from error

    async def _refused(
        self, job: _Job, reply: Reply, refused: tuple[tuple[str, Reply], ...] = ()
    ) -> Outcome:
        # Everybody is back where they were: who was unsure before this order still is.
        outcome = await self._write(job, Did.REFUSED, job.state, reply)
        return replace(outcome, refused=refused)

    async def _write(
        self, job: _Job, did: Did, state: State, reply: Reply | None = None
    ) -> Outcome:
        said = str(reply) if reply else ""
        job.steps.append(Step(did, self.clock(), job.who, job.addresses, said))
        for step in job.steps:
            state = state.then(step)
        await asyncio.to_thread(self.folders.put_state, job.record.id, state)
        stage = Stage.UNSURE if state.sending else state.stage
        sent = did is Did.RELEASED
        return Outcome(job.record.id, stage, job.addresses, reply or _NOT_ASKED, sent=sent)


@contextmanager
def _sayable(job: _Job) -> Iterator[None]:
    """Tell of an address that no line of SMTP can have, as a mail server may name one to us."""
    try:
        yield
    except ValueError as error:
        raise QuarantineError(f"{job.record.id} cannot be sent: {error}") from error


async def _refused_recipients(job: _Job, transaction: Transaction) -> tuple[tuple[str, Reply], ...]:
    refused = []
    for forward in job.recipients:
        reply = await transaction.recipient(forward)
        if not reply.accepted:
            refused.append((forward.address, reply))
    return tuple(refused)


def _chosen(record: Record, state: State, order: Order) -> tuple[Forward, ...]:
    known = record.envelope.recipients
    unknown = set(order.recipients) - {forward.address for forward in known}
    if unknown:
        raise QuarantineError(f"not a recipient of {record.id}: {', '.join(sorted(unknown))}")
    wanted = [one for one in known if not order.recipients or one.address in order.recipients]
    fresh = [one for one in wanted if one.address not in state.released]
    if order.again:
        # Somebody named them, or everybody has it already: then these are meant.
        return tuple(wanted if order.recipients or not fresh else fresh)
    if not fresh or (order.recipients and len(fresh) < len(wanted)):
        raise QuarantineError(
            f"{record.id} was released already; to send it once more, say --again"
        )
    return tuple(fresh)


def _is_uncertain(reply: Reply) -> bool:
    # RFC 3463 3.5 and 3.6: X.4.1 no answer, X.4.2 bad connection, X.5.0 no SMTP.  Said of
    # the end of data, by our own client above all, they mean that nobody knows whether
    # the message arrived.
    unheard = ("4.4.1", "4.4.2", "4.5.0")
    return reply.deferred and reply.lines[0].startswith(unheard)
