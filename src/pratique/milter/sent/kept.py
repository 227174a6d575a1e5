"""Keep the ledger of a service in a folder, one file per day, for all its doors.

**What is acknowledged is kept.**  `record` returns true once the row survives kill -9 of all our
processes; a power cut may take the last moments.  It never raises and never keeps a message
longer than `patience`: after that, or while the disk is full, it returns false, and the mail
goes out all the same.  A missing row costs no message: a bounce of it is not proved by the
ledger, but may be by its watermark, its tag or its signature.

The loop only puts a row on a list; one thread hashes and writes, another one reads.  A file of
one day holds what was sent, when a reverse-path last wrote to a recipient, and how often a proof
was used.  Whole files are removed when they are too old, so no row is ever deleted.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TypeVar

from pratique.milter.sent import keyring, names
from pratique.milter.sent.backlog import Backlog, Note, Task, Use, Waiter
from pratique.milter.sent.ledger import Sent
from pratique.milter.sent.reading import Reading
from pratique.milter.sent.rows import MOST_RECIPIENTS, Hashes
from pratique.milter.sent.whole import Whole
from pratique.milter.sent.writer import Keep, Pace, Writer

# The year 2242.
_LATEST = 2**33

Answer = TypeVar("Answer")

# Seconds that a message waits for its row.  On an idle disk it takes a millisecond.
PATIENCE = 0.25

# Proofs whose uses are counted in memory too, in case the disk is full.  Each was ours and in
# force, so an attacker cannot fill it.
MOST_COUNTED = 10_000


class KeptLedger:
    """The ledger of one process; several processes share one folder."""

    def __init__(
        self,
        folder: Path,
        keep: Keep | None = None,
        pace: Pace | None = None,
        backlog: Backlog | None = None,
        patience: float = PATIENCE,
    ) -> None:
        """Raises NoKeyError if no key for the hashes is given and none can be read or made."""
        keep = keep or Keep()
        self._hashes = Hashes(keep.key or keyring.hashes_key(folder.parent))
        self._patience = patience
        backlog = backlog or Backlog()
        self._backlog = backlog
        self._writer = Writer(folder, self._hashes, keep, pace or Pace(), backlog)
        self._reading = Reading(folder)
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="ledger-read")
        self._is_closed = False
        self.whole = Whole(folder)
        # A removed file keeps its room on the disk while it is open.
        self._writer.after_removal = lambda: self._reader.submit(self._reading.look)
        self._counted: OrderedDict[str, int] = OrderedDict()

    @property
    def dropped(self) -> int:
        """Rows that were not kept, since the start."""
        return self._backlog.dropped

    @property
    def troubles(self) -> int:
        """How often the ledger could not be written, since the start."""
        return self._writer.troubles.count

    @property
    def waiting(self) -> int:
        """Rows that are not written yet."""
        return self._backlog.waiting

    def close(self, seconds: float = 10.0) -> None:
        """Write what waits, as far as these seconds allow; a second call does nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        self._writer.close(seconds)
        self._reader.submit(self._reading.close)
        self._reader.shutdown()

    # What was sent.

    async def record(
        self, message_id: str, reverse_path: str, recipients: Iterable[str], at: datetime
    ) -> bool:
        """Record a message before it goes out; true if the row survives our death."""
        told = tuple(islice(recipients, MOST_RECIPIENTS))
        seconds = int(at.timestamp())
        return await self._written(
            lambda waiter: Note(message_id, reverse_path, told, seconds, waiter)
        )

    async def by_message_id(self, message_id: str, reverse_path: str | None = None) -> Sent | None:
        """Return the message of this id: the envelope of `reverse_path`, or the newest one."""
        if not (message := self._hashes.message(message_id)):
            return None
        path = None if reverse_path is None else self._hashes.address(reverse_path)
        plain = names.message_id(message_id)
        found = await self._asked(lambda: self._reading.sent(message, path), None)
        if found is None:
            return None
        recipients = frozenset(one.hex() for one in found.recipients)
        return Sent(plain, found.reverse_path.hex(), recipients, _moment(found.at))

    async def last_to(self, recipient: str, reverse_path: str) -> datetime | None:
        """Return when a message last went from this reverse-path to this recipient."""
        hashes = self._hashes
        pair = hashes.pair(hashes.address(recipient), hashes.address(reverse_path))
        at = await self._asked(lambda: self._reading.last_to(pair), None)
        return None if at is None else _moment(at)

    def hashed(self, address: str) -> str:
        """Return an address in the form that `Sent` uses."""
        return self._hashes.address(address).hex()

    # What was proved with it.

    async def used(self, key: str) -> int:
        """Count one use of a proof, and return how many there were, this one included.

        Where it cannot be written, the uses that this process has seen are what counts.
        """
        self._counted[key] = here = self._counted.get(key, 0) + 1
        self._counted.move_to_end(key)
        if len(self._counted) > MOST_COUNTED:
            self._counted.popitem(last=False)
        await self._written(lambda waiter: Use(key, waiter))
        return max(here, await self._uses(key))

    async def _uses(self, key: str) -> int:
        proof = self._hashes.proof(key)
        return await self._asked(lambda: self._reading.uses(proof), 0)

    def is_whole(self, at: datetime) -> bool:
        """Whether it holds, readably, everything sent that could come back at this time."""
        return self.whole.holds(at) and not self._reading.failed

    async def _written(self, task: Callable[[Waiter], Task]) -> bool:
        """Have a task written; return false if it is not known to be."""
        written = await self._tried(task)
        if not written:
            self.whole.lost()
        return written

    async def _tried(self, task: Callable[[Waiter], Task]) -> bool:
        waiter: Waiter = asyncio.get_running_loop().create_future()
        if not self._backlog.put(task(waiter)):
            return False
        if self._writer.troubles.is_on:
            waiter.cancel()
            return False
        try:
            async with asyncio.timeout(self._patience):
                return await waiter
        except TimeoutError:
            return False

    async def _asked(self, question: Callable[[], Answer], otherwise: Answer) -> Answer:
        if self._is_closed:
            return otherwise
        return await asyncio.get_running_loop().run_in_executor(self._reader, question)


def _moment(at: int) -> datetime:
    # A damaged file may still be readable.
    return datetime.fromtimestamp(min(max(at, 0), _LATEST), UTC)
