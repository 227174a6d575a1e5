"""Note deliveries on a file system of 5 MB that is full; say what was seen.

Run as root by `unshare --mount`, so that the file system is nobody else's.
"""

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from pratique.milter.content import content_of
from pratique.milter.delivered import Delivered
from pratique.milter.mail import Envelope, Forward

NOW = datetime.now(UTC)
MANY = [f"{number}@x.example" for number in range(1000)]
ENVELOPE = Envelope("Q1", NOW, "a@b.example", recipients=tuple(map(Forward, MANY)))


def fill(path: Path) -> bool:
    try:
        with path.open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
    except OSError:
        return True
    return False


async def main(disk: Path) -> None:
    content = content_of([b"hello"])
    one = Delivered(disk / "delivered", lambda: NOW)
    one.prepare()
    seen: dict[str, object] = {"full": fill(disk / "rest")}
    await one.note(content, ENVELOPE, MANY)
    seen["noted"] = await Delivered(disk / "delivered", lambda: NOW).known(content, ENVELOPE) == {
        *MANY
    }
    await one.strike(content, ENVELOPE)
    seen["struck"] = not await one.known(content, ENVELOPE)
    late = Delivered(disk / "late", lambda: NOW)
    try:
        await late.note(content, ENVELOPE, MANY)
    except OSError as error:
        seen["late"] = error.strerror
    seen["left"] = (disk / "late").stat().st_size
    json.dump(seen, sys.stdout)


if __name__ == "__main__":
    small = Path(sys.argv[1])
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=5m", "none", small], check=True)
    asyncio.run(main(small))
