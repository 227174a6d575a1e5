"""Keep messages that were not let through until somebody decides.

`hold` is what a door calls before it says 250; everything else is for the admin, and
runs in another process than the doors.  Nothing is shared between the two but the
disk: the folders with their locks (folders.py), and the index (index.py), which may
fail without anybody losing a message.
"""

import asyncio
import logging
from collections.abc import Callable, Container, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pratique.milter.delivered import Delivered
from pratique.milter.durable import Disk, apart
from pratique.milter.identity import identity_of
from pratique.milter.mail import Content, Envelope, Outgoing
from pratique.milter.next_hop import NextHop
from pratique.milter.quarantine.bound import Bound, sha256_of
from pratique.milter.quarantine.folders import Folders, QuarantineError, new_id
from pratique.milter.quarantine.index import BATCH, Index, Row
from pratique.milter.quarantine.record import Held, Record
from pratique.milter.quarantine.release import Leaving, Order, Outcome, Releaser, as_it_is
from pratique.milter.quarantine.state import Did, Stage, State, Step
from pratique.milter.quarantine.summary import Summary
from pratique.milter.quarantine.tokens import Redemption, Tokens

log = logging.getLogger(__name__)

# Messages that are written at the same time; see maildir.py for the number.
_WRITERS = 8

# A sender gives up after five days by default (Postfix, maximal_queue_lifetime).  What
# comes later is no retry but a mail of its own, and must not hang on an old copy that
# will expire before its time.
RETRIES_END = timedelta(days=5)

# Copies of one message that a try looks at.  Another one is made for a recipient only once
# the copy before was released, deleted or damaged: each costs reading it.
MOST_COPIES = 20


@dataclass(frozen=True, slots=True)
class Kept:
    """One held message as `show` gives it."""

    record: Record
    state: State
    stage: Stage


@dataclass(frozen=True, slots=True)
class Copy:
    """A message that is in quarantine, and that nobody else can have before it is settled.

    `made` is its id, and nothing if all its recipients have copies of an earlier try: then
    `id` is that of one of these.
    """

    id: str
    made: str
    _lock: ExitStack

    def settle(self) -> None:
        """Let others release or remove it from now on; a second call does nothing."""
        self._lock.close()


class Quarantine:
    """The held messages under one folder.  `close` it at the end."""

    def __init__(
        self,
        folder: Path,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        disk: Disk | None = None,
        patience: float = 1.0,
    ) -> None:
        self._clock = clock
        self._folders = Folders(folder, disk or Disk())
        self._tokens = Tokens(folder / "tokens", self._folders.disk, clock)
        self._releaser = Releaser(self._folders, self._tokens, clock)
        self._folders.make()
        self._tokens.make()
        # Recipients who have a message although its client was told to come again.
        self.delivered = Delivered(folder / "delivered", clock, self._folders.disk)
        self._index = Index(folder / "index.sqlite", self._rows_but, clock, patience)
        self._executor = ThreadPoolExecutor(_WRITERS, thread_name_prefix="quarantine")

    @property
    def index_failures(self) -> int:
        """How often the index could not be read or written, since the start."""
        return self._index.failures

    def close(self) -> None:
        """Finish what is being written."""
        self._executor.shutdown()
        self._index.close()
        self.delivered.close()

    # For the doors.

    async def hold(self, held: Held) -> str:
        """Hold a message: on the disk when this returns its id.

        OSError if the disk does not take it: nothing of it is left then.  A retry of
        what is held already gets the id of that copy.
        """
        copy = await self.put(held, Stage.HELD)
        copy.settle()
        return copy.id

    async def put(self, held: Held, stage: Stage) -> Copy:
        """Do the same; what is put is locked until it is settled, so it can be withdrawn.

        With `Stage.KEPT` it is the original of a message that goes on changed.
        """
        work = apart(self._executor, held.outgoing, lambda own: self._held_as(held, own, stage))
        task = asyncio.create_task(work)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            # Once begun it is finished, and held; only nobody waits for it.
            task.add_done_callback(_settle)
            raise

    async def withdraw(self, copy: Copy) -> None:
        """Remove a copy again, because its message will come once more.

        What an earlier try left stays: that try may have been answered by 250.
        """
        if copy.made:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._executor, self._withdraw, copy)
        copy.settle()

    async def redeem(self, token: str, tail: Outgoing, envelope: Envelope) -> Redemption | None:
        """Reserve the token of a released message, if it was issued for this message.

        `tail` are the octets that follow the token's field; see tokens.py.
        """
        task = asyncio.create_task(
            apart(
                self._executor,
                tail,
                lambda own: self._tokens.redeem(token, lambda: Bound.of(own, envelope)),
            )
        )
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            # The door is gone, and the token must not be reserved for nobody.
            task.add_done_callback(_give_back)
            raise

    # For the admin.

    def messages(self) -> Iterator[Summary]:
        """All messages, oldest first, as the folders have them; mends the index."""
        ids = self._folders.ids()
        for start in range(0, len(ids), BATCH):
            some = ids[start : start + BATCH]
            rows = self._index.rows(some)
            for message_id in some:
                yield from self._summary(message_id, rows.get(message_id))
        for message_id in self._index.ids() - set(ids):
            if not self._folders.exists(message_id):
                self._index.drop(message_id)

    def show(self, message_id: str) -> Kept:
        """All that is known of a message, its content apart."""
        folder = self._folders.of(message_id)
        try:
            record, state = self._folders.read(message_id)
            return Kept(record, state, self._found(message_id, state.stage))
        except (OSError, ValueError) as error:
            # It may have been removed while it was read.
            if not folder.exists():
                raise QuarantineError(f"{message_id} is not in quarantine") from error
            raise QuarantineError(f"{message_id} is damaged: {error}; see {folder}") from error

    def content(self, message_id: str) -> int:
        """A descriptor of the octets as they came; the caller closes it."""
        try:
            return self._folders.open_content(message_id)
        except FileNotFoundError as error:
            raise QuarantineError(f"{message_id} is not in quarantine") from error

    async def release(
        self,
        message_id: str,
        next_hop: NextHop,
        order: Order | None = None,
        leaving: Leaving = as_it_is,
    ) -> Outcome:
        """Send a message to its recipients; see release.py for what cannot be."""
        outcome = await self._releaser.release(message_id, next_hop, order or Order(), leaving)
        self._put(message_id)
        return outcome

    def delete(self, message_id: str) -> None:
        """Remove a message for good, wherever it stands."""
        with self._folders.locked(message_id):
            self._folders.remove(message_id)
        self._index.drop(message_id)

    def expire(self, older_than: timedelta) -> Iterator[str]:
        """Remove what is held or released and older than this; each is named once it is gone.

        What is being released, unsure or damaged stays: only a person can judge it.
        """
        self._tokens.expire()
        limit = self._clock() - older_than
        for message_id in self._folders.ids():
            if self._expired(message_id, limit):
                self._index.drop(message_id)
                yield message_id

    def reindex(self, seconds: float = 3600.0) -> bool:
        """Fill the index from the folders; false if that failed or takes too long."""
        return self._index.rebuild(seconds)

    def flush(self) -> bool:
        """Wait until the index knows what was done; false if that takes too long."""
        return self._index.flush()

    # How it is done.

    def _withdraw(self, copy: Copy) -> None:
        try:
            # The lock on it is ours: nobody released it, and nobody's retry relied on it.
            self._folders.remove(copy.made)
        except OSError as error:
            log.error("%s is a copy too many, it is not withdrawn: %s", copy.made, error)
        else:
            self._index.drop(copy.made)

    def _held_as(self, held: Held, outgoing: Outgoing, stage: Stage) -> Copy:
        now, content = self._clock(), outgoing.content
        record = Record(
            id=new_id(now),
            held_at=now,
            sha256=sha256_of(content.span(0, content.size)),
            size=content.size,
            envelope=held.envelope,
            verdicts=held.verdicts,
            facts=held.facts,
            prepend=outgoing.prepend,
            cut=outgoing.cut,
            identity=identity_of(content),
        )
        found = self._copies_of(record, stage)
        if found:
            log.info("held already as %s", ", ".join(dict.fromkeys(found.values())))
            record = record.without(found)
        if not record.envelope.recipients:
            return Copy(next(iter(found.values())), "", ExitStack())
        addresses = tuple(dict.fromkeys(one.address for one in record.envelope.recipients))
        kept = stage is Stage.KEPT
        step = Step(Did.KEPT if kept else Did.HELD, now, recipients=addresses)
        state = State(addresses, steps=(step,), kept=kept)
        lock = self._folders.add(record, state, content.span(0, content.size))
        row = self._row_of(record.id)
        if row is not None:
            self._index.put_at_once(row)
        return Copy(record.id, record.id, lock)

    def _copies_of(self, record: Record, stage: Stage) -> dict[str, str]:
        """The recipients for whom an earlier try left a copy, and its id."""
        left, found = set(record.same), dict[str, str]()
        for message_id in self._index.copies(tuple(record.same.values()))[:MOST_COPIES]:
            has = left & self._waiting_for(message_id, record, stage)
            found |= dict.fromkeys(has, message_id)
            left -= has
            if not left:
                break
        return found

    def _waiting_for(self, message_id: str, record: Record, stage: Stage) -> frozenset[str]:
        """The recipients of another copy of this message that still wait; none if it is none."""
        # The index only guesses.  A mail is never left out on its word alone, nor for
        # a copy that somebody is just about to release or to remove, nor for one that
        # nobody could release any more.
        try:
            with self._folders.locked(message_id):
                found, state = self._folders.read(message_id)
                young = record.held_at - found.held_at < RETRIES_END
                same = set(found.same.values()) & set(record.same.values())
                if not (state.stage is stage and young and same):
                    return frozenset()
                with closing(Content(self._folders.open_content(message_id))) as content:
                    whole = found.is_of(content)
                return frozenset(state.waiting) if whole else frozenset()
        except (OSError, ValueError, QuarantineError):
            return frozenset()

    def _summary(self, message_id: str, row: Row | None) -> Iterator[Summary]:
        stamp = self._folders.stamp(message_id)
        summary = _summary_in(row) if row and stamp and row.stamp == stamp else None
        summary = summary or _summary_in(self._put(message_id))
        try:
            stage = self._found(message_id, Stage(summary.state)) if summary else Stage.DAMAGED
        except (OSError, ValueError) as error:
            log.warning("held message %a cannot be read: %s", message_id, error)
            stage = Stage.DAMAGED
        # What was removed while it was read is no damaged message but none.
        if self._folders.exists(message_id):
            yield (summary or Summary(message_id, "")).at(stage)

    def _found(self, message_id: str, written: Stage) -> Stage:
        if written is Stage.RELEASING and not self._folders.is_alive(message_id):
            # Whoever was at it may have ended well since `written` was read.
            now = self._folders.state(message_id).stage
            return Stage.UNSURE if now is Stage.RELEASING else now
        return written

    def _put(self, message_id: str) -> Row | None:
        row = self._row_of(message_id)
        if row is not None:
            self._index.put(row)
        return row

    def _row_of(self, message_id: str) -> Row | None:
        try:
            # The stamp first: of a state that is written meanwhile the row then has the
            # older stamp, and will be found out.
            stamp = self._folders.stamp(message_id)
            record, state = self._folders.read(message_id)
            summary = Summary.of(record, state).encode()
            return Row(message_id, stamp, summary, tuple(record.same.values()))
        except (OSError, ValueError, QuarantineError) as error:
            log.warning("held message %a cannot be read: %s", message_id, error)
            return None

    def _rows_but(self, known: Container[str]) -> Iterator[Row]:
        for message_id in self._folders.ids():
            row = None if message_id in known else self._row_of(message_id)
            if row is not None:
                yield row

    def _expired(self, message_id: str, limit: datetime) -> bool:
        try:
            with self._folders.locked(message_id):
                record, state = self._folders.read(message_id)
                known = state.stage in (Stage.HELD, Stage.KEPT, Stage.RELEASED)
                if not known or record.held_at >= limit:
                    return False
                self._folders.remove(message_id)
                return True
        except (OSError, ValueError, QuarantineError) as error:
            log.warning("%s is not expired: %s", message_id, error)
            return False


def _summary_in(row: Row | None) -> Summary | None:
    try:
        summary = Summary.decode(row.summary) if row else None
    except ValueError as error:
        log.warning("the index has nonsense for %a: %s", row and row.id, error)
        return None
    # The row of another message, or of none: the folder knows better.
    return summary if summary and row and summary.id == row.id else None


def _settle(task: asyncio.Task[Copy]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().settle()


def _give_back(task: asyncio.Task[Redemption | None]) -> None:
    if not task.cancelled() and task.exception() is None:
        redemption = task.result()
        if redemption is not None:
            redemption.back()
