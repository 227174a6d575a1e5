"""Relay mail with what aiosmtpd brings: the yardstick, which looks at nothing.

`Proxy` forwards with smtplib, one connection for each message.
"""

import asyncio
import sys

from aiosmtpd.handlers import Proxy
from aiosmtpd.smtp import SMTP


async def main(port: int, next_hop: int) -> None:
    """Serve until killed."""
    loop = asyncio.get_running_loop()
    handler = Proxy("127.0.0.1", next_hop)
    server = await loop.create_server(
        lambda: SMTP(handler, hostname="relay.example"), "127.0.0.1", port
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
