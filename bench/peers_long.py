"""Bring many mails of 4 KB through Pratique, and say whether its memory stays flat.

After each CHUNK mails the memory of all its processes is printed (PSS, so that shared pages
count once).  What is laid up at first (caches that fill, a page of each process that is touched
once) is done after SETTLED mails; from there on a straight line is laid through the figures
(least squares), and it may rise by LIMIT octets a mail.  That is 5 MB in 100,000 mails: more than
the figures tremble, and little more than a hundredth of a mail of 4 KB.

The mails of a chunk are new, 4,000 of them, so that a cache by content does not hide what each
new one leaves.  200,000 mails at 400 a second take nine minutes, and a minute more to be made.
"""

import time
from collections.abc import Sequence
from statistics import linear_regression

from peers import mails
from peers_bench import Bench, Load
from peers_table import US, Record, answered, rate

CHUNK = 10_000
SETTLED = 20_000
LIMIT = 50.0  # octets a mail
FEWEST = 4  # figures that a line is laid through
AMISS = "lost", "twice", "deferred", "broken", "refused"

Points = Sequence[tuple[int, int]]  # mails so far, octets of memory


def slope(points: Points) -> float | None:
    """Octets that each mail after the first SETTLED adds; None where there are too few figures."""
    kept = [point for point in points if point[0] >= SETTLED]
    if len(kept) < FEWEST:
        return None
    return linear_regression(*zip(*kept, strict=True)).slope


def verdict(points: Points) -> str:
    """The same in words."""
    grows = slope(points)
    if grows is None:
        least = SETTLED + (FEWEST - 1) * CHUNK
        return f"- not measured: how memory grows, which takes {least:,} mails"
    word = "reached" if grows <= LIMIT else "MISSED"
    after = f"after the first {SETTLED:,}"
    return f"- {word}: octets of PSS that each mail adds {after}: {grows:.1f} (at most {LIMIT:g})"


def failed(points: Points, amiss: int) -> bool:
    """Whether memory grew by more than the limit, or a mail did not come through."""
    grows = slope(points)
    return bool(amiss) or (grows is not None and grows > LIMIT)


def bring(bench: Bench, count: int) -> bool:
    """Bring so many, and print the memory as it goes; whether the goal is missed."""
    print(f"limit: after the first {SETTLED:,} mails PSS grows by {LIMIT:g} octets a mail at most")
    print("mails  PSS MB  processes  mails/s  amiss")
    begun, points, amiss = time.monotonic(), list[tuple[int, int]](), 0
    while sum(point[0] for point in points[-1:]) < count:
        done = points[-1][0] if points else 0
        record = _chunk(bench, done, min(CHUNK, count - done))
        pss = bench.servers[US].pss()
        points.append((done + min(CHUNK, count - done), pss))
        amiss += sum(record[word] for word in AMISS)
        _show(record, points[-1], len(bench.servers[US].pids()))
    print(f"{verdict(points)}; {amiss} mails amiss; {time.monotonic() - begun:.0f} s")
    return failed(points, amiss)


def _chunk(bench: Bench, done: int, count: int) -> Record:
    """Bring so many new mails."""
    kind = mails.KINDS["4k"]
    mail = bench.write(["4k"], f"long{done}")["4k"]
    record: Record = bench.run(US, Load(mail, kind, 3600.0, count))
    if "error" in record:
        raise SystemExit(str(record["error"]))
    return record


def _show(record: Record, point: tuple[int, int], processes: int) -> None:
    """One line of the table."""
    amiss = {word: record[word] for word in AMISS if record[word]} or "none"
    unanswered = f"  ({answered(record)} answered)" if amiss != "none" else ""
    count, pss = point
    print(
        f"{count:6} {pss / 1e6:7.1f} {processes:10} {rate(record):8.0f}  {amiss}{unanswered}",
        flush=True,
    )
