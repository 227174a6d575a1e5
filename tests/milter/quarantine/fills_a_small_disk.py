"""Hold and deliver on a file system of 512 KB until it is full; say what was seen.

Run as root by `unshare --mount`, so that the file system is nobody else's.
"""

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from pratique.milter.content import content_of
from pratique.milter.durable import is_full
from pratique.milter.mail import Envelope, Forward, Outgoing
from pratique.milter.next_hop.maildir import Maildir
from pratique.milter.quarantine.record import Held
from pratique.milter.quarantine.store import Quarantine
from pratique.policies.verdict import Action, Verdict
from pratique.scanners.facts_pb2 import Facts

ENVELOPE = Envelope("Q", datetime.now(UTC), "ann@a.example", (), (Forward("bob@b.example"),))


async def hold(store: Quarantine, octets: bytes) -> str:
    content = content_of((octets,))
    verdict = Verdict(Action.QUARANTINE, "rule", "reason")
    try:
        return await store.hold(Held(Outgoing(content), ENVELOPE, (verdict,), Facts()))
    except OSError as error:
        return "full" if is_full(error) else repr(error)
    finally:
        content.close()


async def deliver(maildir: Maildir, octets: bytes) -> int:
    content = content_of((octets,))
    _, transaction = await maildir.begin(ENVELOPE)
    assert transaction
    await transaction.recipient(ENVELOPE.recipients[0])
    reply = await transaction.send(Outgoing(content))
    content.close()
    return reply.code


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def main(disk: Path) -> None:
    store, maildir = Quarantine(disk / "quarantine"), Maildir(disk / "Maildir")
    seen: dict[str, object] = {
        "too large": await hold(store, b"x" * 600_000),
        "delivered": [await deliver(maildir, b"x" * 600_000), await deliver(maildir, b"small")],
    }
    told = [await hold(store, b"%d" % number * 3000) for number in range(100)]
    told += [await hold(store, b"%d" % number) for number in range(200)]
    seen["held"] = sorted(one for one in told if one != "full")
    seen["full"] = told.count("full")
    seen["folders"] = names(disk / "quarantine/held")
    seen["listed"] = sorted(one.id for one in store.messages() if one.state == "held")
    seen["delivered when full"] = await deliver(maildir, b"x" * 5000)
    seen["left"] = names(disk / "quarantine/tmp") + names(disk / "Maildir/tmp")
    seen["new"] = len(names(disk / "Maildir/new"))
    for message_id in seen["folders"]:
        store.delete(message_id)
    seen["after room was made"] = len(await hold(store, b"x" * 5000))
    await maildir.close()
    store.close()
    json.dump(seen, sys.stdout)


if __name__ == "__main__":
    small = Path(sys.argv[1])
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "none", small], check=True)
    asyncio.run(main(small))
