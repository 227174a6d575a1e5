"""Validate an ARC chain (RFC 8617 5.2) as the worker states its sets.

`pass` says that each party named sealed the message, in this order, and that it has not been
changed since the last seal.  It does not say that any of them is to be believed: a forger can
seal an invented message.  So nothing else is built on it here.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pratique.milter.lookups.auth.answers import Asks
from pratique.milter.lookups.auth.dkim import check
from pratique.scanners import facts_pb2 as facts

# RFC 8617 4.2.1 allows 50; a message goes through a few.  Each costs two questions to servers
# of strangers.  A longer chain is not checked, and what is not checked is not a pass.
MOST_SETS = 10


@dataclass(frozen=True, slots=True)
class _Set:
    """What one sealer added."""

    message: facts.Signature
    seal: facts.Signature


async def validate(
    asks: Asks, signatures: Iterable[facts.Signature], at: int | None, until: float
) -> str:
    """Return "none", "pass" or "fail"; "temperror" where DNS gave no answer."""
    stated = [one for one in signatures if one.kind in {"arc_message", "arc_seal"}]
    if not stated:
        return "none"
    sets = _sets(stated)
    if sets is None or not _coherent(sets):
        return "fail"
    # 5.2, steps 4 and 6: the last signature, and all seals.
    checked = [sets[-1].message, *(one.seal for one in sets)]
    found = await asyncio.gather(*(check(asks, one, at, until) for one in checked))
    words = {one.word for one in found}
    if words == {"pass"}:
        return "pass"
    return "temperror" if words <= {"pass", "temperror"} else "fail"


def _sets(stated: Sequence[facts.Signature]) -> list[_Set] | None:
    """Return the sets from first to last; None unless each is there exactly once (5.2, step 3)."""
    messages = {one.instance: one for one in stated if one.kind == "arc_message"}
    seals = {one.instance: one for one in stated if one.kind == "arc_seal"}
    count = len(seals)
    whole = set(messages) == set(seals) == set(range(1, count + 1))
    if not whole or len(stated) != 2 * count or count > MOST_SETS:
        return None
    return [_Set(messages[number], seals[number]) for number in range(1, count + 1)]


def _coherent(sets: Sequence[_Set]) -> bool:
    """5.2, steps 2 and 3: the first seal says "none", and each further one "pass"."""
    chain = [one.seal.chain for one in sets]
    return chain[0] == "none" and all(word == "pass" for word in chain[1:])
