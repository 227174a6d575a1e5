"""Record messages and uses, and say of each that is answered that it is; until killed.

Run as `records_until_killed.py FOLDER NAME`.  A line is `sent NUMBER` or `used NUMBER`.
"""

import asyncio
import itertools
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from pratique.milter.sent.kept import KeptLedger

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def say(what: str, number: int) -> None:
    """A line of so few octets goes into a pipe whole or not at all."""
    os.write(1, f"{what} {number}\n".encode())


async def one_after_the_other(
    ledger: KeptLedger, name: str, numbers: "itertools.count[int]"
) -> None:
    for number in numbers:
        address = f"{name}.{number}@b.example"
        if await ledger.record(
            f"<{name}.{number}@a.example>", f"{name}@a.example", [address], NOON
        ):
            say("sent", number)
        before = await ledger.used(name)
        say("used", before)


async def main(folder: Path, name: str) -> None:
    ledger = KeptLedger(folder, patience=60.0)
    numbers = itertools.count(1)
    await asyncio.gather(*(one_after_the_other(ledger, name, numbers) for _ in range(4)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
