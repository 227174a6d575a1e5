"""Show a scanner that is not ours one part at a time, so that its author sees what it does.

    pratique.scanners.trial CONTROL

It is a nursery like any other, and its workers are as confined as any: only what they are
asked is another thing.  The "message" is an order in JSON, and what comes beside it is a
part's octets:

    {}                        state which parts there are to be shown, and which scanners
    {"sample": 7}             show that part
    {"name": "x", "kind": k}  show the octets that come beside it, by this name; a kind that
                              is stated is not told from the octets

The parts are what mail is made of where it is worst: the smallest of each format, nothing at
all, what could not be decoded, noise, names that are none, and of each kind something that
it is not.
"""

import hashlib
import itertools
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import nursery
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.builtin import FOLLOWERS, MADE_FOLLOWERS, SCANNERS
from pratique.scanners.builtin.filetype import FileType
from pratique.scanners.formats import FORMATS
from pratique.scanners.inspector import Inspector, names_taken
from pratique.scanners.own.load import load as load_own
from pratique.scanners.own.patience import within
from pratique.scanners.part import Part
from pratique.scanners.report import NAME, Report, Tell, in_words, shorten
from pratique.scanners.strangers import Stranger
from pratique.scanners.text import load_codecs

NOISE_OCTETS = 1024 * 1024
# For all samples; one that hangs on them hangs in a worker as well, where that is told.
REHEARSAL_SECONDS = 5.0
# The test file of eicar.org in two halves, or this file would be taken for it.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
ODD_NAMES = (
    "", " ", ".", "..", "../../etc/passwd", "a\0b.exe", "a\r\nb.pdf", "annexe\u202efdp.exe",
    "\ufffd\ufffd", "\U0001f4c4.pdf", "n" * 1024, "CON", "a.pdf.", "%s%n{0}", "file:///x",
)  # fmt: skip
KINDS = tuple(facts.Kinds.Word.keys())


@dataclass(frozen=True, slots=True)
class Sample:
    """A part to be shown, and what it is called."""

    label: str
    octets: bytes
    name: str = ""
    # Empty: what its octets and its name say.
    kind: str = ""
    unopened: str = ""


def samples(kinds: Sequence[str], octets: int) -> Iterator[Sample]:
    """The parts for a scanner that wants these kinds, and parts of so many octets."""
    noise = hashlib.shake_256(b"noise").digest(min(NOISE_OCTETS, octets))
    for form in FORMATS:
        yield Sample(f"the smallest {form.name}", form.smallest, f"smallest.{form.name}")
    yield Sample("EICAR", EICAR, "eicar.com")
    for kind in kinds or KINDS:
        yield Sample(f"{kind}: empty", b"", "empty", kind)
        yield Sample(f"{kind}: not decoded", b"", "locked", kind, "unreadable")
        yield Sample(f"{kind}: one octet", b"\0", "one", kind)
        yield Sample(f"{kind}: noise", noise, "noise", kind)
    for number, name in enumerate(ODD_NAMES, 1):
        yield Sample(f"odd name {number}", b"hello\r\n", name, (kinds or KINDS)[0])


class Trial:
    """What a worker here asks in place of an inspector."""

    def __init__(self, own: Sequence[Stranger]) -> None:
        self.scanners = tuple(one.name for one in own)
        self.sources = ()
        self._own = own
        self._type = FileType(wall.Setup())
        wanted = [one.limits.kinds for one in own]
        kinds = tuple(dict.fromkeys(itertools.chain(*wanted))) if all(wanted) else ()
        self._samples = tuple(samples(kinds, min((one.limits.octets for one in own), default=0)))

    def rehearse(self) -> None:
        """Load what is loaded on first use, as a nursery does; what goes wrong is told later."""
        try:
            with within(REHEARSAL_SECONDS):
                for stranger, sample in itertools.product(self._own, self._samples):
                    list(stranger.scan(self._part(sample, memoryview(sample.octets))))
        except Exception:  # noqa: BLE001 - it is shown again in a worker, and told
            return

    def inspect(
        self,
        octets: memoryview,
        _request: wall.Inspect,
        tell: Tell,
        extras: Sequence[memoryview] = (),
    ) -> None:
        """Do as the order says, and tell what came of it."""
        order = json.loads(bytes(octets))
        report = Report(tell)
        report.mail(facts.Mail(size=len(octets)))
        if not order:
            self._list(report)
        elif extras:
            sample = Sample("", b"", shorten(order["name"], NAME), order.get("kind", ""))
            self._show(self._part(sample, extras[0]), report)
        else:
            sample = self._samples[order["sample"]]
            self._show(self._part(sample, memoryview(sample.octets)), report)
        report.send()

    def _list(self, report: Report) -> None:
        for number, sample in enumerate(self._samples):
            size = len(sample.octets)
            report.part(
                facts.Part(id=number, path=sample.label, kind=sample.kind, size=size),
            )
        if not self._samples:
            report.part(facts.Part(id=0))
        stated = facts.Facts()
        for ours in (*SCANNERS, *FOLLOWERS, *MADE_FOLLOWERS):
            stated.findings.add(scanner=ours.name, name="shipped")
        for own in self._own:
            stated.findings.add(
                scanner=own.name,
                name="own",
                engine_version=own.version,
                reference=own.file,
                note=_in_words(own),
            )
        report.findings(stated, 0)

    def _show(self, part: Part, report: Report) -> None:
        for own in self._own:
            if own.limits.kinds and part.known.kind not in own.limits.kinds:
                part.known.why = f"it is of the kind {part.known.kind!r}: {_in_words(own)}"
        report.part(part.known)
        # Before a scanner may end it all.
        report.send()
        for own in self._own:
            report.started(own.name, 0)
            try:
                for found in own.scan(part):
                    report.findings(found, 0)
            except Exception as error:  # noqa: BLE001 - theirs: this is what is looked for
                report.failure("scanner", 0, in_words(error))

    def _part(self, sample: Sample, octets: memoryview) -> Part:
        hidden = bool(sample.unopened)
        known = facts.Part(
            name=sample.name,
            path="1",
            kind=sample.kind,
            size=-1 if hidden else len(octets),
            sha256="" if hidden else hashlib.sha256(octets).hexdigest(),
            unopened=sample.unopened,
        )
        part = Part(known, octets)
        for found in self._type.scan(part):
            stated = found.parts[0]
            known.type = stated.type
            known.kind = known.kind or stated.kind or "other"
        return part


def _in_words(own: Stranger) -> str:
    """What a scanner declares."""
    kinds = ", ".join(own.limits.kinds) or "every kind"
    return f"wants {kinds}, up to {own.limits.octets} octets, {own.limits.findings} findings a part"


def load(setup: wall.Setup) -> Inspector:
    """Load these scanners as a nursery does.  Raises Unfit."""
    load_codecs()
    trial = Trial(load_own(setup, names_taken()))
    trial.rehearse()
    return cast(Inspector, trial)


if __name__ == "__main__":
    sys.exit(nursery.main(sys.argv[1:], load=load))
