"""Find ports of 127.0.0.1 that stay free until a server of a test listens there.

A port that the kernel gives away belongs to the range from which each connection that goes out
gets its own, so that it may be taken again before the server is up.  These lie below that range
(/proc/sys/net/ipv4/ip_local_port_range begins at 32768), each process of pytest-xdist has a
stretch of its own, and none comes twice until all have come.
"""

import itertools
import os
import random
import socket

FIRST, STRETCH = 12_000, 2_000
WORKERS = 10

_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
_next = itertools.count(random.randrange(STRETCH))


def free_port() -> int:
    """A port that nobody listens on."""
    for number in itertools.islice(_next, STRETCH):
        port = FIRST + _worker * STRETCH + number % STRETCH
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port
    raise OSError(f"no free port from {FIRST + _worker * STRETCH} on")
