"""Keep a few connections to one next hop, and never open more than a limit.

A connection that is given back is kept for the next message, or handed to the longest
waiter.  One that was closed meanwhile, or on which the next hop spoke, is not given out.
After many messages or some minutes it is closed anyway, so that a next hop whose
name stands for several machines, or that was reconfigured, is looked up again.

The connection used last is given out first, so those that are not needed grow old at the
front of the list, and one timer watches the first: most are needed again at once, and setting
and cancelling a timer for each takes longer than all else here.

Waiters are served in turn, but do not wait for long: their client gets 4yz and retries.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pratique.milter.next_hop.connection import Connection

Waiter = asyncio.Future[Connection | None]


@dataclass(frozen=True, slots=True)
class Limits:
    """How many connections there may be, and for how long."""

    # Half of what a Postfix or a Dovecot serves by default (default_process_limit).
    connections: int = 50
    # A client waits five minutes for a reply to MAIL, but a thousand of them take up room here.
    wait_seconds: float = 5.0
    # A connection that is idle for longer is more likely closed than used: servers drop idle
    # clients after some minutes, filters after some seconds.
    idle_seconds: float = 30.0
    # Enough for a burst; each one occupies a process of a Postfix.
    idle: int = 20
    # Postfix's client quits after as long (smtp_connection_reuse_time_limit), Exim's after
    # as many (connection_max_messages).
    age_seconds: float = 300.0
    messages: int = 500


class BusyError(OSError):
    """All connections allowed are in use, and stayed so."""


class Pool:
    """The connections to one next hop."""

    def __init__(
        self,
        dial: Callable[[], Awaitable[Connection]],
        part: Callable[[Connection], Awaitable[None]],
        limits: Limits,
        wanted: Callable[[], None] = lambda: None,
    ) -> None:
        # Called when a transaction begins to wait for a connection.
        self._wanted = wanted
        self._dial = dial
        self._part = part
        self._limits = limits
        # All connections that exist: being opened, in use, idle, being told goodbye.
        self._count = 0
        self._in_use: set[Connection] = set()
        # The idle ones, the longest idle first, and the timer that watches them.
        self._idle: list[Connection] = []
        self._looks: asyncio.TimerHandle | None = None
        self._waiters: deque[Waiter] = deque()
        self._parting: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def waiting(self) -> int:
        """How many wait for a connection."""
        return len(self._waiters)

    async def take(self) -> tuple[Connection, bool]:
        """Return a connection, and whether it was used before.  Raises BusyError, or as `dial`."""
        connection = self.take_kept()
        if connection is None and self._count >= self._limits.connections:
            connection = await self._handed_over()
        elif connection is None:
            self._count += 1
        if connection is not None:
            self._in_use.add(connection)
            return connection, True
        return await self._fresh(), False

    def take_kept(self) -> Connection | None:
        """Return a kept connection that is free now; None if only `take` can get one."""
        connection = self._take_idle()
        if connection is not None:
            self._in_use.add(connection)
        return connection

    async def replace(self, connection: Connection) -> Connection:
        """Return a fresh connection in place of one that is useless."""
        self._in_use.discard(connection)
        connection.abort()
        return await self._fresh()

    def give_back(self, connection: Connection) -> None:
        """Keep a connection for the next message, or close it."""
        if connection.stale:
            self.drop(connection)
            return
        self._in_use.discard(connection)
        now = connection.used_at = time.monotonic()
        limits = self._limits
        worn = connection.messages >= limits.messages
        if self._closed or worn or now - connection.opened_at >= limits.age_seconds:
            self._farewell(connection)
        elif (waiter := self._next_waiter()) is not None:
            waiter.set_result(connection)
        elif len(self._idle) >= limits.idle:
            self._farewell(connection)
        else:
            self._idle.append(connection)
            if self._looks is None:
                self._look_again(limits.idle_seconds)

    def drop(self, connection: Connection) -> None:
        """Break a connection off; a second call does nothing."""
        connection.abort()
        if connection in self._in_use:
            self._in_use.discard(connection)
            self._one_less()

    async def close(self) -> None:
        """Say QUIT on every kept connection; those in use follow when they are given back."""
        self._closed = True
        if self._looks is not None:
            self._looks.cancel()
        while (connection := self._take_idle()) is not None:
            self._farewell(connection)
        while self._parting:
            await asyncio.wait(self._parting)

    async def _fresh(self) -> Connection:
        """Open a connection that is already counted."""
        try:
            connection = await self._dial()
        except BaseException:
            self._one_less()
            raise
        self._in_use.add(connection)
        return connection

    async def _handed_over(self) -> Connection | None:
        """Wait for a connection that is given back; None if a fresh one may be opened."""
        waiter: Waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        self._wanted()
        try:
            async with asyncio.timeout(self._limits.wait_seconds):
                connection = await waiter
        except BaseException as fault:
            self._forgo(waiter)
            if isinstance(fault, TimeoutError):
                raise BusyError(f"all {self._count} connections are in use") from None
            raise
        if connection is not None and connection.stale:
            connection.abort()
            return None
        return connection

    def _forgo(self, waiter: Waiter) -> None:
        """Stop waiting; what the waiter was given in the same moment goes to the next one."""
        if not waiter.done() or waiter.cancelled():
            waiter.cancel()
            with contextlib.suppress(ValueError):
                self._waiters.remove(waiter)
        elif (connection := waiter.result()) is None:
            self._one_less()
        else:
            self._in_use.add(connection)
            self.give_back(connection)

    def _next_waiter(self) -> Waiter | None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                return waiter
        return None

    def _one_less(self) -> None:
        waiter = self._next_waiter()
        if waiter is not None:
            waiter.set_result(None)
        else:
            self._count -= 1

    def _take_idle(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if not connection.stale:
                return connection
            connection.abort()
            self._one_less()
        return None

    def _look_again(self, seconds: float) -> None:
        self._looks = asyncio.get_running_loop().call_later(seconds, self._look)

    def _look(self) -> None:
        """Close what was idle for too long, and set the timer for the next one."""
        self._looks = None
        seconds, now = self._limits.idle_seconds, time.monotonic()
        while self._idle and (left := self._idle[0].used_at + seconds - now) <= 0:
            self._farewell(self._idle.pop(0))
        if self._idle:
            self._look_again(left)

    def _farewell(self, connection: Connection) -> None:
        # The reference is kept: a task without one may be garbage-collected before it ends.
        task = asyncio.get_running_loop().create_task(self._end(connection))
        self._parting.add(task)
        task.add_done_callback(self._parting.discard)

    async def _end(self, connection: Connection) -> None:
        try:
            await self._part(connection)
        finally:
            self._one_less()
