"""Count the connections and the messages of a milter, over its threads.

A message counts from MAIL to its end.  Once the door is closing, messages under way
go on, and new ones are deferred; when none is left, nothing is lost by stopping.
"""

import threading
from collections.abc import Callable


class Traffic:
    """Counts what is under way."""

    def __init__(self, max_connections: int) -> None:
        # Each message takes it four times, so it is taken without the condition around it.
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self.max_connections = max_connections
        self._closing = False
        self._hurried = False
        self.connections = 0
        self.messages = 0
        # Messages whose content is complete, and that wait for an answer.
        self.waiting = 0
        # Messages answered since the start.
        self.answered = 0
        # How many threads wait for something to change.
        self._listeners = 0

    @property
    def others(self) -> bool:
        """True if there are connections that do not wait for an answer."""
        return self.connections > self.waiting

    def connect(self) -> bool:
        """Begin a connection; False if it is one too many, or the door is closing."""
        with self._lock:
            self.connections += 1
            return self.connections <= self.max_connections and not self._closing

    def disconnect(self) -> None:
        """End a connection."""
        with self._lock:
            self.connections -= 1
            self._tell()

    def begin(self) -> bool:
        """Begin a message; False if the door is closing."""
        with self._lock:
            self.messages += 1
            return not self._closing

    def complete(self) -> None:
        """Note that a message waits for an answer."""
        with self._lock:
            self.waiting += 1

    def end(self, *, answered: bool) -> None:
        """End a message, after `complete` or without it."""
        with self._lock:
            self.messages -= 1
            self.waiting -= answered
            self.answered += answered
            self._tell()

    def _tell(self) -> None:
        """Wake the waiting threads; there are some only while a door is ending."""
        if self._listeners:
            self._changed.notify_all()

    def close(self) -> None:
        """Let nothing new begin from now on."""
        with self._lock:
            self._closing = True

    def wait_until_alone(self, seconds: float) -> bool:
        """Wait until there is no connection; False if there still is one by then."""
        with self._lock:
            return self._wait_for(lambda: self.connections <= 0, seconds)

    def let_part(self, patience: float) -> None:
        """Wait at most `patience` seconds for connections to end on their own, or until `hurry`."""
        with self._lock:
            self._wait_for(lambda: self._hurried or self.connections <= 0, patience)

    def hurry(self) -> None:
        """End all patience with connections."""
        with self._lock:
            self._hurried = True
            self._tell()

    def wait_until_idle(self, seconds: float) -> bool:
        """Wait until no message is under way; False if one still is by then."""
        with self._lock:
            return self._wait_for(lambda: not self.messages, seconds)

    def wait_until_answered(self, seconds: float) -> bool:
        """Wait until no message waits for an answer; False if one still does by then."""
        with self._lock:
            return self._wait_for(lambda: not self.waiting, seconds)

    def _wait_for(self, is_so: Callable[[], bool], seconds: float) -> bool:
        self._listeners += 1
        try:
            return self._changed.wait_for(is_so, seconds)
        finally:
            self._listeners -= 1
