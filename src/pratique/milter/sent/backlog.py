"""Hold what waits for the ledger's writer, within bounds.

The service must not run out of memory because a disk is full.  When there is no room, the
newest task is dropped and counted.
"""

import asyncio
import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

# At fifty messages a second, some minutes of a disk that does not answer.
MOST_TASKS = 10_000

# Recipients of all these tasks: some 100 MB of addresses, or ten of the largest messages.
MOST_RECIPIENTS = 500_000

# Recipients in one batch: other tasks wait some 50 ms for it.
_BATCH_RECIPIENTS = 5_000

# Futures of the callers that wait until something is written; true if it was.
Waiter = asyncio.Future[bool]


@dataclass(frozen=True, slots=True)
class Note:
    """An envelope to be written."""

    message_id: str
    reverse_path: str
    recipients: Sequence[str]
    # Seconds since 1970.
    at: int
    waiter: Waiter

    @property
    def size(self) -> int:
        """How much of the room it takes."""
        return len(self.recipients)


@dataclass(frozen=True, slots=True)
class Use:
    """A use of a proof to be counted."""

    proof: str
    waiter: Waiter
    size: int = 0


Task = Note | Use


@dataclass(slots=True)
class Backlog:
    """Tasks in the order in which they came; several threads put, one takes."""

    most_tasks: int = MOST_TASKS
    most_recipients: int = MOST_RECIPIENTS
    # Tasks that wait, including those that the writer has taken, and their recipients.
    waiting: int = 0
    recipients: int = 0
    dropped: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    # Cheaper than a condition: the writer is woken by the queue itself.
    _tasks: queue.SimpleQueue[Task | None] = field(default_factory=queue.SimpleQueue)
    _is_closed: bool = False

    def put(self, task: Task) -> bool:
        """Add a task; return false if there is no room for it."""
        with self._lock:
            full = self.waiting >= self.most_tasks
            if self._is_closed or full or self.recipients + task.size > self.most_recipients:
                self.dropped += 1
                return False
            self.waiting += 1
            self.recipients += task.size
        self._tasks.put(task)
        return True

    def wake(self) -> None:
        """Make `take` return, with nothing if there is nothing."""
        self._tasks.put(None)

    def take(self, most: int, seconds: float) -> list[Task]:
        """Wait for a first task, and take at most `most`.  They are counted until `finish`."""
        taken: list[Task] = []
        size = 0
        try:
            task = self._tasks.get(timeout=seconds)
            while task is not None:
                taken.append(task)
                size += task.size
                if len(taken) >= most or size >= _BATCH_RECIPIENTS:
                    break
                task = self._tasks.get_nowait()
        except queue.Empty:
            pass
        return taken

    def finish(self, tasks: Sequence[Task], *, dropped: bool = False) -> None:
        """Stop counting tasks that were taken."""
        with self._lock:
            self.waiting -= len(tasks)
            self.recipients -= sum(task.size for task in tasks)
            self.dropped += len(tasks) if dropped else 0

    def close(self) -> int:
        """Accept no more tasks; return how many were waiting, which are dropped."""
        with self._lock:
            self._is_closed = True
            left, self.waiting = self.waiting, 0
            self.dropped += left
            return left
