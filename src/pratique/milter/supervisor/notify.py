"""Tell systemd how it goes (sd_notify(3)): one datagram to the socket it named."""

import contextlib
import os
import socket


def notify(state: str) -> None:
    """Say "READY=1", "RELOADING=1", "STOPPING=1" or "STATUS=..."; silent without systemd."""
    where = os.environ.get("NOTIFY_SOCKET", "")
    if not where:
        return
    # An abstract socket (unix(7)) is written with @.
    address = "\0" + where[1:] if where.startswith("@") else where
    # systemd that is not there any more is no trouble of ours.
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as say:
        say.sendto(state.encode(), address)
