"""Take all mail on a port of 127.0.0.1 and forget it: what both relays deliver to."""

import asyncio
import sys

OFFERS = b"250-sink.example\r\n250-PIPELINING\r\n250-SIZE 104857600\r\n250 8BITMIME\r\n"
ANSWERS = {b"EHLO": OFFERS, b"QUIT": b"221 2.0.0 bye\r\n"}
LARGEST = 64 * 1024 * 1024  # more than any message of this benchmark


async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one client until it goes away."""
    writer.write(b"220 sink.example ESMTP\r\n")
    while line := await reader.readline():
        verb = line[:4].upper()
        if verb == b"DATA":
            writer.write(b"354 go on\r\n")
            await reader.readuntil(b"\r\n.\r\n")
        writer.write(ANSWERS.get(verb, b"250 2.0.0 ok\r\n"))
        if verb == b"QUIT":
            break
    writer.close()


async def main(port: int) -> None:
    """Serve until killed."""
    server = await asyncio.start_server(session, "127.0.0.1", port, limit=LARGEST)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
