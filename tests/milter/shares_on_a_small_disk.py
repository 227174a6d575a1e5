"""Share messages out on a file system of 6 MB until it is full; say what was seen.

Run as root by `unshare --mount`, so that the file system is nobody else's.
"""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from pratique.milter import actions
from pratique.milter.content import content_of
from pratique.milter.mail import Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.milter.quarantine.store import Quarantine
from pratique.milter.sharing import Sharing
from pratique.milter.ways import Ways, Whole
from pratique.policies.verdict import Action, HeaderField, Verdict
from pratique.scanners.facts_pb2 import Facts

FINE, MARKED, HELD = (Forward(f"{name}@x.example") for name in ("fine", "marked", "held"))
VERDICTS = (
    Verdict(Action.ACCEPT, "all", ""),
    Verdict(Action.ACCEPT, "mark", "", (HeaderField("X", "y"),)),
    Verdict(Action.QUARANTINE, "hold", "held"),
)
OK, LATER = Reply(250, ("2.0.0 Ok",)), Reply(451, ("4.3.0 later",))


class Trial:
    """Sends, and counts what was taken; the last transaction of a message fails when told."""

    def __init__(self, store: Quarantine) -> None:
        self.store, self.sent, self.fails = store, Counter[str](), False

    async def send(self, outgoing, recipients):
        if self.fails and recipients[0] == MARKED:
            return LATER
        self.sent.update(f"{outgoing.size // 1000} {one.address}" for one in recipients)
        return OK

    async def share(self, octets: bytes) -> int:
        content = content_of([octets])
        envelope = Envelope("Q", datetime.now(UTC), "a@a.example", recipients=(FINE, MARKED, HELD))
        ways = Ways(self.send, self.store.hold, "sender", apart=self.send)
        whole = Whole(content, envelope, Facts())
        done = await Sharing(actions.plan(VERDICTS), whole, ways, self.store, {}).carry_out()
        content.close()
        return done.reply.code


async def main(disk: Path) -> None:
    store = Quarantine(disk / "quarantine")
    store.delivered.prepare()
    trial, seen = Trial(store), {}
    seen["too large"] = [await trial.share(bytes(7_000_000)), len(trial.sent)]
    codes = [await trial.share(b"%04d" % number * 25_000) for number in range(40)]
    taken = codes.count(250)
    seen["told"] = sorted(set(codes))
    seen["some of each"] = 0 < taken < 40
    seen["held is what was taken"] = len(list(store.messages())) == taken
    seen["delivered is what was taken"] = set(trial.sent.values()) == {taken}
    # Room for one copy more, and for nothing else.
    trial.sent.clear()
    trial.fails = True
    store.delete(next(store.messages()).id)
    seen["deferred"] = await trial.share(b"last" * 20_000)
    trial.fails = False
    seen["and then taken"] = await trial.share(b"last" * 20_000)
    seen["each once"] = sorted(trial.sent.values())
    store.close()
    json.dump(seen, sys.stdout)


if __name__ == "__main__":
    small = Path(sys.argv[1])
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "none", small], check=True)
    asyncio.run(main(small))
