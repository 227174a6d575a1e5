"""Say what Postfix and clamd leave of each goal: how far any filter behind them could get.

Two peers do nothing of their own: Postfix without a filter (`none`), and clamav-milter, a C
program that passes octets to clamd and does no more.  Nobody who works behind this Postfix gets
beyond the first, and who asks clamd about each mail hardly beyond the second.  A goal is a
multiple of what another filter made, so a goal may lie above both: that is said here, and the
goal stays what it is.

These are measured rates of the same run, not laws: they vary as the others do, and who asks
clamd over fewer connections, or not about mail that is refused anyway, may pass clamav-milter.
"""

from peers_table import NO_FILTER, RATES, Kinds, Middle

ASKS_CLAMD = "clamav-milter"
ABOVE_POSTFIX = "above what Postfix made without any filter: out of reach for every filter here"
ABOVE_CLAMD = "above what clamav-milter made: out of reach for who asks clamd about each mail"
WITHIN = "within both"
HEAD = (
    "| goal | mails/s it takes | of what clamav-milter made | of what Postfix made alone | |\n"
    "|---|---|---|---|---|"
)
THEORY = (
    "Postfix without a filter (`none`), and clamav-milter, which passes octets to clamd and does"
    " nothing else, bound what any filter could reach in this run."
)


def _share(needed: float, bound: Middle | None) -> str:
    return f"{100 * needed / bound.rate:.0f} %" if bound and bound.rate else "not measured"


def _words(needed: float, alone: Middle | None, clamd: Middle | None) -> str:
    """Where a rate lies, in words; an unknown bound is never passed, and never kept."""
    if alone and needed > alone.rate:
        return ABOVE_POSTFIX
    if clamd and needed > clamd.rate:
        return ABOVE_CLAMD
    return WITHIN if alone and clamd else "unknown: a bound was not measured"


def _goals(kind: str, peers: dict[str, Middle]) -> list[str]:
    """A row for each peer that was measured and is to be surpassed."""
    alone, clamd = peers.get(NO_FILTER), peers.get(ASKS_CLAMD)
    rows = []
    for peer, goals in RATES.items():
        if kind in goals and peer in peers:
            needed = goals[kind] * peers[peer].rate
            goal = f"{goals[kind]:g} x {peer} ({_number(peers[peer].rate)}/s)"
            shares = f"{_share(needed, clamd)} | {_share(needed, alone)}"
            rows.append(
                f"| {goal} | {_number(needed)} | {shares} | {_words(needed, alone, clamd)} |"
            )
    return rows


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _highest(peers: dict[str, Middle]) -> str:
    """Both bounds of one kind of mail."""
    said = [
        f"{words} {_number(peers[name].rate)}/s"
        for name, words in ((NO_FILTER, "Postfix alone"), (ASKS_CLAMD, "clamav-milter"))
        if name in peers
    ]
    return ", ".join(said) or "neither bound was measured"


def bounds(kinds: Kinds) -> list[str]:
    """The section of the report: each goal of each kind of mail beside both bounds."""
    lines = ["## What Postfix and clamd leave", "", THEORY, ""]
    for kind, peers in kinds.items():
        rows = _goals(kind, peers)
        lines += [f"{kind}: {_highest(peers)}.", ""]
        lines += [HEAD, *rows, ""] if rows else []
    return lines
