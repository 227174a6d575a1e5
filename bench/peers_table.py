"""Turn what was measured into tables, and say which goals are reached.

Nothing here touches a process or a clock: records in, Markdown out.  A record is what
`load.c` printed about one run, with whom and what it was, and what it cost.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any

US, PARTS, NO_FILTER = "pratique", "pratique-parts", "none"
MB = 1e6
Record = dict[str, Any]

# At least so many times the rate of each: milter behind Postfix, clamd and 200 YARA rules.
RATES: dict[str, dict[str, float]] = {
    "rspamd": {"4k": 1.3, "100k": 1.2, "5m": 1.0, "25m": 1.0, "eicar": 2.0},
    "mimedefang": {"4k": 1.8, "100k": 1.5, "5m": 1.4, "25m": 1.2, "eicar": 3.0},
    "haraka": {"4k": 2.0, "100k": 1.5, "5m": 1.5, "25m": 1.3, "eicar": 8.0},
    "amavis": {"4k": 4.0, "100k": 3.0, "5m": 1.3, "25m": 1.1, "eicar": 20.0},
    "fuglu": {"4k": 4.0, "100k": 2.0, "5m": 1.5, "25m": 1.5, "eicar": 8.0},
}
# Milliseconds of ours a mail; set for the shipped rules alone, so a little harder here.
CPU = {"4k": 0.6, "100k": 1.6, "5m": 60.0, "25m": 150.0, "eicar": 0.8}
SAME = 2.0  # times the rate of every peer that unpacks, where an attachment is seen again
HALF_LOAD_P99, ALONE_P50 = 25.0, 2.0  # ms to the reply at 4 KB
IDLE = 250 * MB
PER_OCTET, PER_WORKER = 2.5, 8 * MB  # above idle: octets in flight, and workers
SHARE_OF_FUGLU, LARGEST = 1 / 3, "25m"  # of FuGlu's peak, with the largest mail
UNPACK = tuple(RATES)


@dataclass(frozen=True, slots=True)
class Middle:
    """The medians of all runs of one peer with one kind of mail."""

    runs: int
    rate: float  # mails a second that were answered, and arrived where they were accepted
    reply: tuple[float, float, float]  # ms: p50, p95, p99
    cpu: dict[str, float]  # ms a mail: filter, clamd, postfix
    pss_idle: float
    pss_peak: float
    octets: float  # of one mail
    bad: str  # what should not have happened


Kinds = dict[str, dict[str, Middle]]


def answered(record: Record) -> int:
    """Mails with a reply that ends them."""
    return int(record["accepted"]) + int(record["refused"])


def rate(record: Record) -> float:
    """The lower of what was answered and what arrived at the sink, a second."""
    taken = answered(record) / record["seconds"] if record["seconds"] else 0.0
    if not record["arrived"] or not record["seconds_to_sink"]:
        return taken
    return min(taken, (record["arrived"] + record["refused"]) / record["seconds_to_sink"])


def _bad(runs: list[Record]) -> str:
    """Losses, seconds, refusals of mail that is clean, and mail with EICAR that passed."""
    counts = {word: sum(run[word] for run in runs) for word in ("lost", "deferred", "broken")}
    counts["twice"] = sum(run["twice"] for run in runs)
    wrong = "accepted" if runs[0]["kind"] == "eicar" else "refused"
    if runs[0]["peer"] != NO_FILTER:
        counts[f"wrongly {wrong}"] = sum(run[wrong] for run in runs)
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count)


def middle(runs: list[Record]) -> Middle:
    """The medians of some runs that ended."""

    def of(value: Callable[[Record], float]) -> float:
        return median(value(run) for run in runs)

    def cost(who: str) -> float:
        return of(lambda run: 1e3 * run["cpu_seconds"].get(who, 0.0) / max(1, answered(run)))

    p50, p95, p99 = (of(lambda run, at=at: run["reply"][at]) for at in ("p50", "p95", "p99"))
    return Middle(
        len(runs),
        of(rate),
        (p50, p95, p99),
        {who: cost(who) for who in runs[0]["cpu_seconds"]},
        of(lambda run: run["pss_idle"]),
        max(run["pss_peak"] for run in runs),
        of(lambda run: run["octets"] / max(1, answered(run))),
        _bad(runs),
    )


def middles(records: Iterable[Record], part: str) -> Kinds:
    """By kind of mail and by peer: what was measured in one part of the run."""
    found: dict[str, dict[str, list[Record]]] = {}
    for record in records:
        if record["part"] == part and "error" not in record:
            found.setdefault(record["kind"], {}).setdefault(record["peer"], []).append(record)
    return {
        kind: {peer: middle(runs) for peer, runs in peers.items()} for kind, peers in found.items()
    }


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _row(peer: str, of: Middle, ours: Middle | None) -> str:
    ratio = f"{ours.rate / of.rate:.2f}" if ours and of.rate else ""
    reply = " / ".join(map(_number, of.reply))
    cpu = " / ".join(_number(of.cpu[who]) if who in of.cpu else "-" for who in COSTS)
    memory = f"{of.pss_idle / MB:.0f} / {of.pss_peak / MB:.0f}"
    cells = (peer, of.runs, _number(of.rate), ratio, reply, cpu, memory, of.bad or "none")
    return "| " + " | ".join(map(str, cells)) + " |"


COSTS = "filter", "clamd", "postfix"
HEAD = """| through | runs | mails/s | ours / it | reply p50 / p95 / p99 ms \
| CPU ms a mail: filter / clamd / postfix | PSS MB before / peak | amiss |
|---|---|---|---|---|---|---|---|"""


def table(title: str, peers: dict[str, Middle], us: str = US) -> str:
    """One kind of mail, the fastest first."""
    ours = peers.get(us)
    ordered = sorted(peers.items(), key=lambda pair: -pair[1].rate)
    rows = (_row(peer, each, ours) for peer, each in ordered)
    return "\n".join([f"### {title}", "", HEAD, *rows, ""])


def _verdict(said: str, value: float, goal: float, *, at_least: bool = True) -> str:
    reached = value >= goal if at_least else value <= goal
    word, bound = ("reached" if reached else "MISSED"), ("at least" if at_least else "at most")
    return f"- {word}: {said} {_number(value)} ({bound} {_number(goal)})"


def rates(kinds: Kinds, us: str = US) -> list[str]:
    """Our rate against the goals, and our share of processor."""
    said = []
    for kind, peers in kinds.items():
        ours = peers.get(us)
        if ours is None:
            said.append(f"- MISSED: {kind}: nothing was measured of {us}")
            continue
        for peer, goals in RATES.items():
            if kind in goals and peer in peers and peers[peer].rate:
                times = ours.rate / peers[peer].rate
                said.append(_verdict(f"{kind}: rate against {peer},", times, goals[kind]))
        if kind in CPU:
            spent = ours.cpu["filter"]
            said.append(_verdict(f"{kind}: CPU ms a mail", spent, CPU[kind], at_least=False))
    return said


def memory(kinds: Kinds, in_flight: dict[str, int], workers: int) -> list[str]:
    """Our memory: idle, above idle, and beside FuGlu's."""
    said = []
    for kind, peers in kinds.items():
        ours = peers.get(US)
        if ours is None:
            continue
        allowed = PER_OCTET * ours.octets * in_flight[kind] + PER_WORKER * workers
        above = (ours.pss_peak - ours.pss_idle) / MB
        words = f"{kind}: MB above idle, {in_flight[kind]} in flight:"
        said.append(_verdict(words, above, allowed / MB, at_least=False))
        if kind == LARGEST and "fuglu" in peers:
            share = ours.pss_peak / peers["fuglu"].pss_peak
            words = f"{kind}: peak of memory against FuGlu's"
            said.append(_verdict(words, share, SHARE_OF_FUGLU, at_least=False))
    idle = [peers[US].pss_idle for peers in kinds.values() if US in peers]
    if idle:
        said.append(_verdict("idle, MB:", min(idle) / MB, IDLE / MB, at_least=False))
    return said


def repeated(kinds: Kinds) -> list[str]:
    """One attachment again and again, the parts shown to clamd."""
    said = []
    for kind, peers in kinds.items():
        for peer in UNPACK:
            if PARTS in peers and peer in peers and peers[peer].rate:
                times = peers[PARTS].rate / peers[peer].rate
                said.append(_verdict(f"{kind}: rate against {peer},", times, SAME))
    return said


def latency(alone: dict[str, Middle], half: dict[str, Middle]) -> list[str]:
    """The time to our reply, alone and at half of the highest rate."""
    said = []
    for name, measured in (("p50 at one connection", alone), ("p99 at half load", half)):
        if US not in measured:
            said.append(f"- not measured: {name}")
    if US in alone:
        value = alone[US].reply[0]
        said.append(_verdict("p50 at one connection, ms", value, ALONE_P50, at_least=False))
    if US in half:
        value = half[US].reply[2]
        said.append(_verdict("p99 at half load, ms", value, HALF_LOAD_P99, at_least=False))
    return said
