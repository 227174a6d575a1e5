"""Make facts of what a spam filter says: its score, its threshold, and why.

A score is a number that people compare with others; one that is none, or that no filter
gives, is no answer.  Symbols stand in the order of their weight, so that whoever looks at the
first of them has seen what counts.
"""

import math
from collections.abc import Iterable

from pratique.milter.engines.engine import Said
from pratique.milter.engines.plain import clean
from pratique.milter.engines.troubles import NoAnswer
from pratique.scanners import facts_pb2 as facts

# SpamAssassin gives GTUBE 1000, and whoever means "always" 10,000; nobody a million.
LARGEST = 1_000_000.0
# Mail has 10 to 60 of rspamd's 700.  A fact for each goes to the policy and the journal.
SYMBOLS = 200
# SpamAssassin warns of names over 40 characters (Conf/Parser.pm), rspamd's longest have 50.
LONGEST = 100


def said_of(
    engine: str, value: float, threshold: float, symbols: Iterable[tuple[str, float]]
) -> Said:
    """The opinion as a fact.  Raises NoAnswer."""
    told = [(name, number(weight, "a symbol's score")) for name, weight in symbols]
    # Of ten thousand, a fact each would hold the door up.
    kept = sorted(told, key=lambda one: -abs(one[1]))[:SYMBOLS]
    score = facts.Score(
        engine=engine,
        value=number(value, "the score"),
        threshold=number(threshold, "the threshold"),
        symbols=[facts.Symbol(name=_name(name), value=weight) for name, weight in kept],
    )
    limits = (f"more than {SYMBOLS} symbols: the lightest are left out",)
    return Said(limits=limits if len(told) > SYMBOLS else (), scores=(score,))


def number(value: float, what: str) -> float:
    """A number that can be true; never -0.0.  Raises NoAnswer."""
    if not (math.isfinite(value) and abs(value) <= LARGEST):
        raise NoAnswer(f"{what} is {value!r}")
    return value + 0.0


def _name(name: str) -> str:
    if not name or clean(name, LONGEST) != name:
        raise NoAnswer(f"this is no symbol's name: {name[:LONGEST]!r}")
    return name
