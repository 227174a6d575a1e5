"""Give up what does not come to its end, in a process with one thread.

A scanner that hangs while it is loaded would keep the nursery from starting, and nobody
would know which one it was.  An alarm (setitimer(2)) ends it with an error where it stands.
It comes again each second, for a scanner may catch the first.
"""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

_AGAIN = 1.0


class TooSlow(Exception):
    """It took too long."""


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise TooSlow in what is done here after so many seconds."""
    if threading.current_thread() is not threading.main_thread():
        # signal(2): Python lets the main thread alone answer signals.  A nursery has no other.
        yield
        return

    def end(_number: int, _frame: FrameType | None) -> None:
        raise TooSlow(f"not done after {seconds:g} seconds")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
