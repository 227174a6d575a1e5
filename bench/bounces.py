"""Measure how many genuine bounces are known as such, and how many of our own mail are proved.

The samples are other people's bounces.  So each original is put through what we do with mail
that goes out, as far as the sample returns it: a worker reads it, it is stamped, and it stands
in the ledger.  Its stamps are put into the returned copy, and the whole is looked at as any
mail that comes in.

    python bench/bounces.py [FOLDER]        ../shared/corpora/bounces/sisimai without one
"""

import asyncio
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import returned_copies
from returned_copies import Sample

from pratique.milter.assembly import policy_of, setup_of, worker_settings
from pratique.milter.config import Settings
from pratique.milter.content import content_of
from pratique.milter.engines.asked import Asked, Beside
from pratique.milter.judging import judge
from pratique.milter.lookups.asked import lookups_of
from pratique.milter.mail import Envelope, Forward
from pratique.milter.sent.keys import Key, Keys
from pratique.milter.sent.our_mail import OurMail
from pratique.milter.sent.stamping import Stamping
from pratique.milter.sent.stated import StatedLedger
from pratique.milter.wall.workers import Workers, own_nursery
from pratique.policies.policy import Policy
from pratique.scanners.facts_pb2 import Bounce, Facts

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT.parent / "shared/corpora/bounces/sisimai"
# Vacation notices among them, which are no bounces.
NO_BOUNCES = "rfc3834-"
_AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
_KEYS = Keys((Key(1, date(2026, 1, 1), b"a key that signs figures, and no mail"[:32]),))
_HOST = "mail.example.org"
_SECONDS = 30.0
# What proves it: both, the ledger, the watermark.
_WAYS = ("both", "ledger", "watermark")


@dataclass(frozen=True, slots=True)
class Figures:
    """How many of the samples are what they should be, and which are not."""

    counts: Counter[str] = field(default_factory=Counter)
    missed: dict[str, list[str]] = field(default_factory=dict)

    def count(self, what: str, name: str, *, is_so: bool) -> None:
        """One more sample, of which something holds or not."""
        self.counts[what] += is_so
        self.counts[f"of {what}"] += 1
        if not is_so:
            self.missed.setdefault(what, []).append(name)

    def share(self, what: str) -> float:
        """The part of which it holds."""
        return self.counts[what] / max(1, self.counts[f"of {what}"])


def is_genuine_in_form(bounce: Bounce) -> bool:
    """A report, a returned header, or a daemon that names who failed; nothing that none has."""
    kinds = {one.kind for one in bounce.evidence}
    shown = kinds & {"delivery_status", "returned_header"}
    named = {"daemon_author", "failed_recipient"} <= kinds
    return bounce.claimed and bool(shown or named) and not kinds & {"attachment", "html_only"}


class Desk:
    """Mail goes out and comes back here."""

    def __init__(self, workers: Workers, policy: Policy) -> None:
        self._workers = workers
        self._policy = policy

    async def sent(self, sample: Sample) -> tuple[StatedLedger, bytes]:
        """What is remembered of the original when it goes out, and the fields that it gets."""
        ledger = StatedLedger()
        to = tuple(map(Forward, sample.recipients))
        when = _AT - timedelta(days=1)
        envelope = Envelope("out", when, sample.reverse_path, recipients=to, direction="outbound")
        seen = await self._seen(returned_copies.original(sample), envelope, self._workers)
        stamping = Stamping(OurMail(ledger, (), _KEYS), _HOST)
        return ledger, await stamping.stamped(seen, envelope, sample.recipients)

    async def returned(self, octets: bytes, whom: str, our_mail: OurMail) -> tuple[Facts, str]:
        """What is known of a bounce, and what becomes of it."""
        envelope = Envelope("in", _AT, "", recipients=(Forward(whom),))
        lookups = lookups_of(Settings(), our_mail)
        sees = Asked(self._workers, (), _SECONDS, None, Beside(lookups))
        try:
            seen = await self._seen(octets, envelope, sees)
        finally:
            await sees.close()
        (verdict,) = judge(seen, envelope, self._policy).verdicts
        return seen, str(verdict.action)

    async def _seen(self, octets: bytes, envelope: Envelope, sees: Workers | Asked) -> Facts:
        content = content_of([octets])
        try:
            return await sees.inspect(content, envelope)
        finally:
            content.close()


def samples_in(folder: Path) -> list[tuple[str, Sample]]:
    """All bounces of a folder, by their names."""
    paths = [one for one in sorted(folder.rglob("*.eml")) if not one.name.startswith(NO_BOUNCES)]
    return [(one.name, returned_copies.read(one.read_bytes())) for one in paths]


async def measure(samples: list[tuple[str, Sample]]) -> Figures:
    """What becomes of all of them."""
    figures, settings = Figures(), Settings()
    workers = Workers(own_nursery(setup_of(settings)), worker_settings(settings))
    await workers.start()
    try:
        desk = Desk(workers, policy_of("default"))
        for name, sample in samples:
            await _measure(figures, desk, name, sample)
    finally:
        await workers.close()
    return figures


async def _measure(figures: Figures, desk: Desk, name: str, sample: Sample) -> None:
    # As it is, we sent nothing of it.
    nothing = OurMail(StatedLedger(), (), _KEYS)
    seen, action = await desk.returned(sample.octets, sample.reverse_path, nothing)
    figures.count("claimed", name, is_so=seen.bounce.claimed)
    figures.count("genuine in form", name, is_so=is_genuine_in_form(seen.bounce))
    figures.count("not refused", name, is_so=action != "reject")
    figures.count("not held", name, is_so=action != "quarantine")
    figures.count("not proved before", name, is_so=not seen.bounce.verified)
    ledger, fields = await desk.sent(sample)
    octets = returned_copies.stamped(sample, fields)
    ways = (OurMail(ledger, (), _KEYS), OurMail(ledger, ()), OurMail(StatedLedger(), (), _KEYS))
    for way, our_mail in zip(_WAYS, ways, strict=True):
        seen, action = await desk.returned(octets, sample.reverse_path, our_mail)
        if sample.copy is not None:
            figures.count(f"proved by {way}", name, is_so=seen.bounce.verified)
        if way == "both":
            _count_all(figures, name, seen, action)


def _count_all(figures: Figures, name: str, seen: Facts, action: str) -> None:
    bounce = seen.bounce
    kinds = {one.kind for one in bounce.evidence}
    figures.count("proved, of all", name, is_so=bounce.verified)
    weakly = bounce.verified or "sent_recipient" in kinds
    figures.count("proved or weakly so, of all", name, is_so=weakly)
    figures.count("not refused when sent by us", name, is_so=action != "reject")


def written(figures: Figures) -> list[str]:
    """The figures, a line each, with what is missed where that is little."""
    lines = []
    for what in [one for one in figures.counts if not one.startswith("of ")]:
        whole, missed = figures.counts[f"of {what}"], figures.missed.get(what, [])
        line = (
            f"{what:28} {figures.counts[what]:4} of {whole:4}  {100 * figures.share(what):5.1f} %"
        )
        lines.append(f"{line}  {' '.join(missed)}" if len(missed) <= 12 else line)
    return lines


def main() -> None:
    """Measure the samples of a folder."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES
    if not folder.is_dir():
        sys.exit(f"{folder} is not there; name a folder of bounces")
    print("\n".join(written(asyncio.run(measure(samples_in(folder))))))


if __name__ == "__main__":
    main()
