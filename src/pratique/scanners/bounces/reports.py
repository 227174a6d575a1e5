"""Tell what another automatic report covers, so that all else in it is looked at.

A report that is no bounce may carry what no bounce carries: DMARC and TLS reports come as
archives.  But whoever writes one parameter or one field writes such a report, and adds what he
likes.  So only this is covered: of a complaint and of a receipt what they return
(returned.py), of a DMARC report one archive with one text whose root is `feedback` (RFC 7489
appendix C), of a TLS report one with one such object of JSON (RFC 8460 4.4), and of an
automatic reply nothing.
"""

from collections import Counter
from collections.abc import Iterator

from pratique.scanners.bounces.outline import Outline

_FILES = ("dmarc_report", "tls_report")


def by_content(outline: Outline) -> str:
    """Which report the message brings as a file, known by what it is; empty for none."""
    if not outline.reports:
        return ""
    outer = {one.id: outline.reports.get(one.id, "") for one in outline.outer}
    held = {archive: word for archive, _, word in _in_archives(outline)}
    found = (held.get(number, word) for number, word in outer.items())
    return next((word for word in found if word), "")


def covered(outline: Outline, word: str) -> set[int]:
    """Ids of the first archive that is such a report, and of its member."""
    if word not in _FILES:
        return set()
    return next(({archive, member} for archive, member, _ in _in_archives(outline)), set())


def _in_archives(outline: Outline) -> Iterator[tuple[int, int, str]]:
    """Outer archives that hold a report and nothing else: each with its member, and which."""
    if not outline.reports:
        return
    members = Counter(one.parent for one in outline.parts)
    archives = {one.id for one in outline.outer if one.kind == "archive" and not one.unopened}
    for one in outline.parts:
        if one.id in outline.reports and one.parent in archives and members[one.parent] == 1:
            yield one.parent, one.id, outline.reports[one.id]
