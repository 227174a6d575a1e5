"""Let the event loop answer a sleeping thread: one wakeup there, and one back.

`asyncio.run_coroutine_threadsafe` does the same with two futures and three turns of the
loop, which costs more than all else that the door does with an ordinary message.
"""

import threading

from pratique.milter.doors.milter.ending import Ending


class Answer:
    """What becomes of one message: given once in the loop, waited for once in a thread."""

    def __init__(self) -> None:
        # Held until there is an answer: the waiting thread sleeps on it.
        self._given = threading.Lock()
        self._given.acquire()
        # Guards the attributes below.
        self._lock = threading.Lock()
        self._ending: Ending | None = None
        self._error: BaseException | None = None
        self._nobody_waits = False

    def give(self, ending: Ending) -> None:
        """Give the answer; if nobody waits any more, close its body."""
        with self._lock:
            self._ending = ending
            unheard = self._nobody_waits
        self._given.release()
        if unheard and ending.body is not None:
            ending.body.close()

    def fail(self, error: BaseException) -> None:
        """Say that there will be no answer."""
        self._error = error
        self._given.release()

    def wait(self, seconds: float) -> Ending:
        """Return the answer.  Raises TimeoutError, or RuntimeError if there will be none."""
        if not self._given.acquire(timeout=seconds):
            with self._lock:
                self._nobody_waits = self._ending is None
            if self._nobody_waits and self._error is None:
                raise TimeoutError
        if self._error is not None:
            raise RuntimeError("a message was not decided") from self._error
        assert self._ending is not None
        return self._ending
