"""Serve the SMTP door before something that only sends: `relay_door.py PORT SINK LOG [uvloop]`.

No worker looks at a message and no policy decides: what is left is what the door itself
costs.  MAIL and RCPT are mirrored, limits hold, and each message ends in its log line.
"""

import asyncio
import ipaddress
import sys
import time
from pathlib import Path

from pratique.milter import logs
from pratique.milter.became import Became
from pratique.milter.doors.smtp.downstream import Downstream
from pratique.milter.doors.smtp.server import serve_smtp
from pratique.milter.doors.smtp.settings import DoorSettings
from pratique.milter.doors.smtp.trace import received_field
from pratique.milter.mail import Content, Envelope, Outgoing
from pratique.milter.next_hop import Reply
from pratique.milter.next_hop.smtp import SmtpNextHop
from pratique.scanners.facts_pb2 import Facts


async def main(port: int, sink: int) -> None:
    """Serve until killed."""
    settings = DoorSettings(
        "bench",
        "relay.example",
        port=port,
        relay_from=(ipaddress.ip_network("127.0.0.0/8"),),
        max_size=100 * 1024 * 1024,
    )
    no_facts = Facts()

    async def take(content: Content, envelope: Envelope, downstream: Downstream) -> Reply:
        begun, size = time.monotonic(), content.size
        reply = await downstream.send(Outgoing(content, received_field(envelope, settings)))
        became = Became(
            envelope, size, begun, time.monotonic(), no_facts, (), "accept", "none", reply
        )
        logs.tell(became)
        return reply

    await serve_smtp(settings, SmtpNextHop("127.0.0.1", sink, "relay.example"), take)
    await asyncio.Event().wait()


if __name__ == "__main__":
    at, to, kept, *loop = sys.argv[1:]
    with Path(kept).open("w", encoding="utf-8") as stream:
        logs.set_up(stream)
        if loop:
            import uvloop

            uvloop.run(main(int(at), int(to)))
        else:
            asyncio.run(main(int(at), int(to)))
