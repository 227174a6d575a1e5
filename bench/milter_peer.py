"""Serve a milter that does nothing: `milter_peer.py empty|door SOCKET`.

`empty` is a stock pymilter that accepts all mail, with no answer where none is needed.
`door` is our door, which collects each message, before something that accepts it unseen.
"""

import asyncio
import sys
import threading

import Milter

from pratique.milter.doors.libmilter.door import MilterDoor, block_signals
from pratique.milter.doors.milter.ending import Ending
from pratique.milter.doors.milter.settings import MilterSettings
from pratique.milter.mail import Content, Envelope, Outgoing
from pratique.milter.next_hop import Reply
from pratique.milter.supervisor.sockets import Place, listening


class Empty(Milter.Base):  # type: ignore[misc]
    """Accepts."""

    @Milter.noreply
    def connect(self, _name: str, _family: int, _address: object) -> int:
        """A client."""
        return int(Milter.CONTINUE)

    @Milter.noreply
    def hello(self, _name: str) -> int:
        """What it calls itself."""
        return int(Milter.CONTINUE)

    @Milter.noreply
    def envfrom(self, _mailbox: str, *_parameters: str) -> int:
        """A message."""
        return int(Milter.CONTINUE)

    @Milter.noreply
    def envrcpt(self, _to: str, *_parameters: str) -> int:
        """Its recipients."""
        return int(Milter.CONTINUE)

    @Milter.noreply
    def header(self, _name: str, _value: str) -> int:
        """Its fields."""
        return int(Milter.CONTINUE)

    @Milter.noreply
    def eoh(self) -> int:
        """The end of its header."""
        return int(Milter.CONTINUE)

    def body(self, _chunk: bytes) -> int:
        """Its body."""
        return int(Milter.CONTINUE)

    def eom(self) -> int:
        """Its end."""
        return int(Milter.ACCEPT)


async def accept(content: Content, _envelope: Envelope, _left_out: int) -> Ending:
    """`MilterTake` that looks at nothing."""
    return Ending(Reply(250, ("2.0.0 Ok",)), Outgoing(content))


def main() -> None:
    """Serve until killed."""
    kind, path = sys.argv[1:]
    if kind == "empty":
        Milter.factory = Empty
        Milter.runmilter("empty", f"unix:{path}", 600)
        return
    block_signals()
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    door = MilterDoor(MilterSettings(socket=f"unix:{path}"), accept, loop)
    door.open(listening(Place(f"unix:{path}")))
    door.run()


if __name__ == "__main__":
    main()
