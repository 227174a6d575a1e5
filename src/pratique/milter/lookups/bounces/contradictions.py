"""Say what no bounce of our mail has.  Pure.

Most genuine bounces are made by our own servers, after another refused the mail; a stranger
that reports under the name of one of ours is not among them.  A bounce goes to one address
(RFC 3464 2: of 821 none had two).  And whatever all our mail bears must be in what comes back,
as far as the original comes back at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from pratique.milter.lookups.bounces.case import Case
from pratique.milter.lookups.bounces.proof import weigh
from pratique.milter.sent.domains import Domains
from pratique.scanners import facts_pb2 as facts

# A header of at least this many fields was returned as it was sent, and includes our mark; some
# servers quote only From, To and Subject.
WHOLE_FIELDS = 8


@dataclass(frozen=True, slots=True)
class Marked:
    """What all mail that we send bears."""

    # A watermark.
    watermark: bool = False
    # A tag, if sent by the address that the bounce came to.
    tag: bool = False


def contradictions(
    case: Case, ours: Domains, marked: Marked, window: timedelta
) -> Iterator[facts.Evidence]:
    """Yield what speaks against a bounce that nothing proves."""
    if not case.claimed:
        return
    if case.outside and case.count > 1:
        yield weigh("several_recipients", f"{case.count} recipients")
    reporter = case.returned.reporter
    if case.outside and ours.has(reporter):
        yield weigh("own_reporter", reporter)
    yield from _missing(case, marked)
    if _is_never_ours(case, ours):
        yield weigh("never_ours", f"From: {case.returned.authors[0]}")
    if case.returned.HasField("date"):
        age = case.at - case.returned.date.ToDatetime(case.at.tzinfo)
        if age > window:
            yield weigh("too_old", f"written {age.days} days ago")


def _missing(case: Case, marked: Marked) -> Iterator[facts.Evidence]:
    if marked.tag and case.formal:
        yield weigh("mark_missing", "no tag in the address that it came to")
    elif marked.watermark and _is_whole(case.returned) and not case.returned.watermarks:
        yield weigh("mark_missing", "no watermark in the header that it returns")


def _is_whole(returned: facts.Returned) -> bool:
    return returned.header_fields >= WHOLE_FIELDS


def _is_never_ours(case: Case, ours: Domains) -> bool:
    """Whether the returned header claims to be from us, but passed none of our hosts."""
    returned = case.returned
    if not any(map(ours.has_address, returned.authors)) or returned.watermarks:
        return False
    traces = (*map(ours.has_address, returned.message_ids), *map(ours.has, returned.received_by))
    return not any(traces)
