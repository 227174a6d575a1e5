"""Choose which parts reach a policy when a message has too many.

A policy's conditions walk over parts, and CEL gives each a budget.  So at most 1,000 parts
with 8 further names each are shown, the dangerous ones first, and the rest is counted by
kind.  If a part of a dangerous class does not fit, that counts as a limit that was reached: a
rule could have applied to it.
"""

from collections import Counter

from pratique.scanners import facts_pb2 as facts

# 1,000 parts with 1 + 8 names each are 9,000 iterations of a condition that reads every
# name; CEL stops at 10,000.
PARTS = 1000
NAMES = 8

# Most dangerous first; findings, unopened parts and disguised parts rank before these.
_DANGEROUS = ("executable", "script", "shortcut", "archive", "disk_image", "document")
# Each kind has a rank of its own: which kinds are shown must not depend on the order in
# which parts were found.
_HARMLESS = ("other", "html", "message", "multipart", "audio", "video", "image", "text")
_RANKS = {kind: rank for rank, kind in enumerate((*_DANGEROUS, *_HARMLESS), start=3)}
_FIRST_HARMLESS = _RANKS[_HARMLESS[0]]


def reduce(known: facts.Facts) -> facts.Facts:
    """Return the facts as a policy is shown them; the same object if nothing is left out."""
    too_many = len(known.parts) > PARTS
    long_named = [part.id for part in known.parts if len(part.names) > NAMES]
    if not too_many and not long_named:
        return known
    reduced = facts.Facts()
    reduced.CopyFrom(known)
    if too_many:
        _leave_out(reduced)
    for part in reduced.parts:
        del part.names[NAMES:]
    if long_named:
        detail = f"{len(long_named)} parts have more than {NAMES} further names"
        reduced.limits.add(class_="names", part=long_named[0], detail=detail)
    return reduced


def _leave_out(reduced: facts.Facts) -> None:
    found = {finding.part for finding in reduced.findings}
    ranks = [_rank(part, found) for part in reduced.parts]
    # Sorting is stable: parts of equal rank stay in the order in which they were found.
    order = sorted(range(len(ranks)), key=ranks.__getitem__)
    chosen, dropped = sorted(order[:PARTS]), order[PARTS:]
    _count(reduced, [reduced.parts[place].kind for place in dropped])
    dangerous = [place for place in dropped if ranks[place] < _FIRST_HARMLESS]
    if dangerous:
        detail = f"{len(dangerous)} dangerous parts are not shown to the policy"
        first = reduced.parts[dangerous[0]].id
        reduced.limits.add(class_="parts_for_policy", part=first, detail=detail)
    kept = [reduced.parts[place] for place in chosen]
    reduced.ClearField("parts")
    reduced.parts.extend(kept)


def _rank(part: facts.Part, found: set[int]) -> int:
    """Rank how dangerous a part is; less is more, and the message itself always stays."""
    if part.id == 0 or part.id in found:
        return 0
    if part.unopened:
        return 1
    if part.disguised:
        return 2
    attached = part.name or part.disposition == "attachment"
    if part.kind == "html" and attached and not part.returned:
        # An attached page, not the text itself: a rule on bounces asks for such pages.
        return _RANKS["document"]
    return _RANKS.get(part.kind, _FIRST_HARMLESS)


def _count(reduced: facts.Facts, kinds: list[str]) -> None:
    left_out = reduced.parts_left_out
    left_out.total += len(kinds)
    for kind, number in Counter(kinds).items():
        left_out.by_kind[kind] += number
