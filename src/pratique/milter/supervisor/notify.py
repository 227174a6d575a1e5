"""Tell systemd the state of the service (sd_notify(3)): one datagram to the socket it named."""

import contextlib
import os
import socket


def notify(state: str) -> None:
    """Send "READY=1", "RELOADING=1", "STOPPING=1" or "STATUS=..."; do nothing without systemd."""
    where = os.environ.get("NOTIFY_SOCKET", "")
    if not where:
        return
    # An abstract socket (unix(7)) is written with @.
    address = "\0" + where[1:] if where.startswith("@") else where
    # If systemd is no longer there, that is no reason to fail.
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as say:
        say.sendto(state.encode(), address)
