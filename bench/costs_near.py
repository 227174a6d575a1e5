"""Measure what is spent on a message around the worker: rows for the table of costs.py.

A message goes from a memfd through a real worker to the default policy, the log, the
counters and the journal, and the CPU time of this process is taken at each step.  The
doors are not in it: milter_run.py and relay_run.py measure those.
"""

import asyncio
import io
import logging
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

from pratique.milter import counters, logs
from pratique.milter.assembly import policy_of
from pratique.milter.became import Became
from pratique.milter.content import content_of
from pratique.milter.journal.entry import Entry, PolicyText
from pratique.milter.journal.journal import Journal
from pratique.milter.judging import Inspection, judge
from pratique.milter.mail import Client, Content, Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.milter.wall.workers import Workers, WorkerSettings, own_nursery
from pratique.scanners import wall_pb2 as wall

Costs = dict[str, float]
_OK = Reply(250, ("2.0.0 Ok",))
_REPLIES = {"reject": Reply(550, ("5.7.1 No",)), "defer": Reply(451, ("4.7.1 Later",))}


def _envelope(number: int) -> Envelope:
    return Envelope(
        queue_id=f"1K0VFZX{number:08}",
        received_at=datetime.now(UTC),
        reverse_path="ann@sender.example",
        recipients=(Forward("bob@corp.example"),),
        client=Client("192.0.2.1", "mx.sender.example", "mx.sender.example"),
        door="bench",
    )


class Near:
    """All around the worker, one message after the other."""

    def __init__(self, setup: wall.Setup) -> None:
        self._setup = setup
        self._policy = policy_of("default")
        self._rows: dict[str, list[float]] = {}

    def __call__(self, messages: Sequence[bytes]) -> Costs:
        """Median milliseconds of each step; the journal's are a mean, since it gathers."""
        self._rows = {}
        root = logging.getLogger()
        before, level = root.handlers[:], root.level
        logs.set_up(io.StringIO())
        try:
            asyncio.run(self._run(messages))
        finally:
            root.handlers[:] = before
            root.setLevel(level)
        return {name: statistics.median(each) for name, each in self._rows.items()}

    async def _run(self, messages: Sequence[bytes]) -> None:
        workers = Workers(own_nursery(self._setup), WorkerSettings(count=1))
        await workers.start()
        became = []
        for number, octets in enumerate(messages):
            content = content_of([octets])
            became.append(await self._one(workers, content, _envelope(number)))
            content.close()
        await workers.close()
        self._journal(became)

    async def _one(self, workers: Workers, content: Content, envelope: Envelope) -> Became:
        begun = time.process_time()
        seen = await workers.inspect(content, envelope)
        self._rows.setdefault("wall, near side", []).append((time.process_time() - begun) * 1000)
        found: list[Inspection] = []
        self._timed("policy", lambda: found.append(judge(seen, envelope, self._policy)))
        verdicts = found[0].verdicts
        action, rule = str(verdicts[0].action), verdicts[0].rule
        reply = _REPLIES.get(action, _OK)
        became = Became(envelope, content.size, 1.0, 1.1, seen, verdicts, action, rule, reply)
        self._timed("log line", lambda: logs.tell(became))
        self._timed("counters", lambda: counters.tell(became))
        return became

    def _timed(self, name: str, step: Callable[[], object]) -> None:
        begun = time.process_time()
        step()
        self._rows.setdefault(name, []).append((time.process_time() - begun) * 1000)

    def _journal(self, became: Sequence[Became]) -> None:
        policy = PolicyText(self._policy.name, self._policy.hash, "")
        entries = [
            Entry(each.envelope, each.facts, each.verdicts, each.action, each.rule,
                  each.outcome, each.reply, each.milliseconds, policy)
            for each in became
        ]  # fmt: skip
        settings = SimpleNamespace(keep_days=30, privacy="plain")
        with tempfile.TemporaryDirectory(prefix="pratique-bench-") as folder:
            journal = Journal(Path(folder) / "journal", settings)
            begun = time.process_time()
            for entry in entries:
                journal.write(entry)
            journal.flush()
            self._rows["journal"] = [(time.process_time() - begun) * 1000 / len(entries)]
            journal.close()
