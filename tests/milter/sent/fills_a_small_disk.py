"""Record on a file system of 1 MB until it is full, then with room again.

Run as root by `unshare --mount`, so that the file system is nobody else's.
"""

import asyncio
import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pratique.milter.sent.backlog import Backlog
from pratique.milter.sent.kept import KeptLedger
from pratique.milter.sent.writer import Keep, Pace

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Records:
    """Records one message after the other, and keeps what was said of each."""

    def __init__(self, ledger: KeptLedger) -> None:
        self.ledger = ledger
        self.said: list[bool] = []
        self.took: list[float] = []

    async def go_on(self, count: int) -> None:
        """So many more."""
        for _ in range(count):
            number = len(self.said)
            begun = time.perf_counter()
            recipients = [f"{number}.{one}@b.example" for one in range(20)]
            done = await self.ledger.record(f"<{number}@a>", "ann@a.example", recipients, NOON)
            self.took.append(time.perf_counter() - begun)
            self.said.append(done)

    async def known(self) -> list[bool]:
        """Of each whether it is known."""
        found = [await self.ledger.by_message_id(f"<{one}@a>") for one in range(len(self.said))]
        return [one is not None for one in found]

    def longest(self) -> float:
        """The third longest time since it was last asked: others run on this machine too."""
        took, self.took = sorted(self.took), []
        return took[-3]


def give_room(disk: Path) -> None:
    """Make the file system larger."""
    subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)


async def settled(ledger: KeptLedger) -> bool:
    """Wait until nothing waits; false if that never comes."""
    deadline = time.monotonic() + 30
    while ledger.waiting and time.monotonic() < deadline:  # noqa: ASYNC110 - it is a thread's
        await asyncio.sleep(0.01)
    return not ledger.waiting


async def main(disk: Path) -> None:
    pace = Pace(clock=lambda: NOON, retry=0.05)
    ledger = KeptLedger(disk / "sent", Keep(), pace, Backlog(most_tasks=1500), patience=5.0)
    records, seen = Records(ledger), dict[str, Any]()
    while not ledger.troubles and len(records.said) < 5000:
        await records.go_on(20)
    records.longest()
    await records.go_on(2000)
    seen["full is a trouble"] = ledger.troubles
    seen["longest when full"] = records.longest()
    seen["said when full"] = any(records.said[-2000:])
    seen["waiting"], seen["dropped"] = ledger.waiting, ledger.dropped
    seen["uses when full"] = [await ledger.used("k") for _ in range(3)]
    await asyncio.to_thread(give_room, disk)
    seen["written with room"] = await settled(ledger)
    known = await records.known()
    seen["answered is known"] = all(
        is_known for said, is_known in zip(records.said, known, strict=True) if said
    )
    seen["sums up"] = known.count(True) + seen["dropped"] == len(records.said)
    await records.go_on(200)
    seen["all is well"] = all(records.said[-200:])
    ledger.close()
    json.dump(seen, sys.stdout)


if __name__ == "__main__":
    small = Path(sys.argv[1])
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", small], check=True)
    asyncio.run(main(small))
