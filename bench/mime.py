"""Compare our MIME reader with the standard library's `email` in one run, in turns.

Both parse a message and decode every leaf; no scanner looks at anything.  The standard
library is taken with its `compat32` policy, the faster of its two.  Each message is written
anew for each turn, with other boundaries and names, so that nobody's cache is the winner.
Then come messages at the limits, with the limits raised, and the worst of the cases that
are ambiguous: what a second look costs.

    python bench/mime.py [FOLDER WITH *.eml]
"""

import base64
import email  # noqa: TID251 - what we compare ourselves with
import itertools
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.mime import Mime
from pratique.scanners.part import Member, Part, Reached

SIZES = (4_096, 100_000, 5_000_000, 25_000_000)
# So many octets are read at each size, and three messages at least.
OCTETS = 20_000_000
RAISED = Limits(
    octets=2**40, part_octets=2**40, parts=10**9, mime_parts=10**9, mime_depth=10**4,
    seconds=3600.0, header_octets=2**30, header_fields=10**9,
)  # fmt: skip
_NUMBERS = itertools.count()
_RANDOM = Random("the same octets each time")


def ours(octets: bytes) -> int:
    """Read a message whole; gives how many leaves it has."""
    part = Part(facts.Part(kind="message"), memoryview(octets))
    leaves = 0
    for found in Mime().members(part, Budget(RAISED)):
        if isinstance(found, Reached):
            raise SystemExit(f"not read whole: {found}")
        leaves += isinstance(found, Member) and not found.declared_type.startswith("multipart/")
    return leaves


def theirs(octets: bytes) -> int:
    """The same by the standard library."""
    leaves = [part for part in email.message_from_bytes(octets).walk() if not part.is_multipart()]
    for leaf in leaves:
        leaf.get_payload(decode=True)
    return len(leaves)


def letter(size: int) -> bytes:
    """A mail as people send it: a text, its page, and a file that fills it up."""
    number = next(_NUMBERS)
    outer, inner = b"=_outer%d" % number, b"=_inner%d" % number
    text = b"Hello, here is what you asked for; see the second page.\r\n" * max(
        8, min(size // 500, 200)
    )
    page = b"<p>Hello, here is what you asked for=2C see the second page.</p>=\r\n\r\n"
    page *= max(4, min(size // 800, 100))
    head = (
        b"Received: from a.example.org (a.example.org [192.0.2.1])\r\n\tby mx.example.net\r\n" * 3
    )
    head += b"From: Ann <a@example.org>\r\nTo: b@example.net\r\nSubject: the report\r\n"
    head += b"Message-ID: <%d@example.org>\r\nMIME-Version: 1.0\r\n" % number
    mail = head + b'Content-Type: multipart/mixed; boundary="%b"\r\n\r\nMIME\r\n' % outer
    mail += b'--%b\r\nContent-Type: multipart/alternative; boundary="%b"\r\n\r\n' % (outer, inner)
    mail += b"--%b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%b\r\n" % (inner, text)
    mail += b"--%b\r\nContent-Type: text/html; charset=utf-8\r\n" % inner
    mail += b"Content-Transfer-Encoding: quoted-printable\r\n\r\n%b\r\n--%b--\r\n" % (page, inner)
    mail += b'--%b\r\nContent-Type: application/pdf; name="report%d.pdf"\r\n' % (outer, number)
    mail += b"Content-Transfer-Encoding: base64\r\n"
    mail += b'Content-Disposition: attachment; filename="report%d.pdf"\r\n\r\n' % number
    file = _RANDOM.randbytes(max(300, (size - len(mail)) * 54 // 73))
    encoded = base64.encodebytes(file).replace(b"\n", b"\r\n")
    return mail + encoded + b"\r\n--%b--\r\n" % outer


def in_turns(make: Callable[[], bytes], turns: int) -> tuple[float, float]:
    """The medians of ours and theirs, in seconds of CPU."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(turns):
        octets = make()
        counts = set()
        for read, taken in zip((ours, theirs), times, strict=True):
            start = time.process_time()
            counts.add(read(octets))
            taken.append(time.process_time() - start)
        if len(counts) > 1:
            raise SystemExit(f"not the same leaves: {counts}")
    return statistics.median(times[0]), statistics.median(times[1])


def extremes() -> Iterator[tuple[str, bytes]]:
    """Messages at the limits, which are raised here."""
    top = b"From: a@example.org\r\nContent-Type: multipart/mixed; boundary=b\r\n"
    part = b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n"
    yield "100,000 parts", top + b"\r\n" + part * 100_000 + b"--b--\r\n"
    yield "1 MB of header", top + b"X-Filler: some text in it\r\n" * 38_000 + b"\r\n" + part
    levels = (
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (each, each)
        for each in range(300)
    )
    yield "300 levels", b"".join(levels) + b"\r\nx"
    to = b"To: " + b",\r\n ".join(b"user%d@example.org" % each for each in range(30_000))
    yield "30,000 addresses", to + b"\r\n\r\nx\r\n"


def worst(folder: Path) -> tuple[float, str]:
    """The longest time that any message of a folder takes, and which one it is."""
    times = []
    for path in sorted(folder.glob("*.eml")):
        octets = path.read_bytes()
        start = time.process_time()
        ours(octets)
        times.append((time.process_time() - start, path.name))
    return max(times)


def main() -> None:
    """Measure and print."""
    print(f"{'message':>18} {'ours':>11} {'email':>11}   ratio")
    for size in SIZES:
        mine, others = in_turns(partial(letter, size), max(3, min(500, OCTETS // size)))
        print(f"{size:>16,} B {mine * 1e3:8.2f} ms {others * 1e3:8.2f} ms {others / mine:7.2f}")
    for name, octets in extremes():
        mine, others = in_turns(partial(bytes, octets), 3)
        print(f"{name:>18} {mine * 1e3:8.2f} ms {others * 1e3:8.2f} ms {others / mine:7.2f}")
    for folder in sys.argv[1:]:
        seconds, name = worst(Path(folder))
        print(f"worst of {folder}: {name}, {seconds * 1e3:.1f} ms")


if __name__ == "__main__":
    main()
