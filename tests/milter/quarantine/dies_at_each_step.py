"""Hold or release one message in a child that kills itself at one step, for each step.

Run as `dies_at_each_step.py hold|release FOLDER`.  The run of step N works in FOLDER/N;
the first run that lives to its end is the last.  A step is a write, an fsync, a rename,
or what the next hop does; a write is done by half before the end.
"""

import asyncio
import itertools
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from pratique.milter.content import content_of
from pratique.milter.durable import Disk
from pratique.milter.mail import Envelope, Forward, Outgoing
from pratique.milter.next_hop import Reply
from pratique.milter.quarantine.record import Held
from pratique.milter.quarantine.store import Quarantine
from pratique.policies.verdict import Action, Verdict
from pratique.scanners.facts_pb2 import Facts

TAKEN = Reply(250, ("2.0.0 Ok",))


class Mortal:
    """A disk, and a next hop, that live for some steps."""

    def __init__(self, steps: int, sent: Path) -> None:
        self.left = steps
        self.sent = sent
        self.counting = False

    def step(self) -> None:
        if self.counting:
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            self.left -= 1

    def write(self, descriptor: int, octets: bytes | memoryview) -> int:
        if self.counting and self.left == 0:
            os.write(descriptor, octets[: len(octets) // 2])
        self.step()
        return os.write(descriptor, octets)

    def fsync(self, descriptor: int) -> None:
        self.step()
        os.fsync(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        self.step()
        source.rename(target)

    async def begin(self, _: Envelope) -> tuple[Reply, "Mortal"]:
        self.step()
        return TAKEN, self

    async def recipient(self, _: Forward) -> Reply:
        self.step()
        return TAKEN

    async def send(self, outgoing: Outgoing) -> Reply:
        self.step()
        with self.sent.open("ab") as file:
            file.write(b"sent %d octets\n" % len(b"".join(outgoing.chunks())))
        self.step()
        return TAKEN

    async def give_up(self) -> None:
        pass

    async def close(self) -> None:
        pass


async def one_life(verb: str, folder: Path, steps: int) -> None:
    mortal = Mortal(steps, folder / "sent")
    store = Quarantine(folder / "quarantine", disk=Disk(mortal))
    mortal.counting = verb == "hold"
    envelope = Envelope("Q1", datetime.now(UTC), "ann@example.org", (), (Forward("bob@b.example"),))
    verdict = Verdict(Action.QUARANTINE, "rule", "reason")
    content = content_of((b"Subject: x\r\n\r\nbody\r\n",))
    message_id = await store.hold(Held(Outgoing(content), envelope, (verdict,), Facts()))
    (folder / "said").write_text(message_id)
    if verb == "release":
        mortal.counting = True
        await store.release(message_id, mortal)
        (folder / "done").touch()


def main(verb: str, folder: Path) -> None:
    for steps in itertools.count():
        child = os.fork()
        if child == 0:
            (folder / str(steps)).mkdir()
            asyncio.run(one_life(verb, folder / str(steps), steps))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status == 0:
            return
        if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
            sys.exit(f"step {steps}: {status}")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
