"""Say what a notice says: of a message what was done and where to look, never what is in it."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from pratique.milter.alerts.emergencies import Alert
from pratique.milter.became import Became
from pratique.milter.notices.letter import Letter, address, defanged, shown
from pratique.milter.outcome import Outcome
from pratique.policies.verdict import Notice
from pratique.scanners.facts_pb2 import Facts

# Recipients and file names that are named: enough to know the mail again; `why` has all.
_NAMED = 10
# Of each of several on one line; the end of a name says what a file is.
_EACH = 80
_BEHIND = 24


def of_message(became: Became, notice: Notice, places: tuple[int, ...]) -> Letter:
    """What is said of a message, to whom a rule wants told; it holds for recipients at `places`."""
    # Where it differs, what is most severe comes first: there somebody has to look.
    ranked = sorted(places, key=lambda place: -became.verdicts[place].action.severity)
    verdict, done = became.verdicts[ranked[0]], _done(became, ranked[0])
    envelope = became.envelope
    recipients = [envelope.recipients[place].address for place in places]
    lines = {
        "rule": shown(notice.rule),
        "reason": shown(notice.reason),
        "done": ", ".join(
            dict.fromkeys(f"{became.verdicts[one].action}: {_done(became, one)}" for one in ranked)
        ),
        "decided by": shown(verdict.rule) if verdict.rule != notice.rule else "",
        "redirected": verdict.redirect if done == Outcome.REDIRECTED else "",
        "id": f"{envelope.queue_id}    (pratique why {envelope.queue_id})",
        "held as": became.held_as if done == Outcome.HELD else "",
        "client": defanged(" ".join(filter(None, (envelope.client.ip, envelope.client.name)))),
        "login": address(envelope.authenticated),
        "reverse-path": f"<{address(envelope.reverse_path or '')}>",
        "recipients": _several(recipients, address),
        "subject": defanged(became.facts.mail.subject),
        "files": _several(_files(became.facts), defanged),
    }
    return Letter(f"[pratique] {verdict.action}: {shown(notice.rule)}", tuple(_rows(lines)))


def _done(became: Became, place: int) -> Outcome:
    return became.outcomes[place] if became.outcomes else became.outcome


def of_alert(alert: Alert) -> Letter:
    """What is said of an alert (docs/alerts.md)."""
    lines = {
        "alert": alert.kind + (f", {alert.state}" if alert.state else ""),
        "whose": defanged(alert.whose),
        "id": f"{alert.queue_id}    (pratique why {alert.queue_id})",
        "client": defanged(" ".join(filter(None, (alert.client_ip, alert.client_name)))),
        "login": address(alert.authenticated),
        "found": _several(alert.findings, defanged),
        "kinds": _several(alert.kinds),
        "recipients": str(alert.recipients),
        "lately": str(alert.lately) if alert.lately else "",
        "rule": shown(alert.rule),
        "done": alert.action,
        "more": f"{alert.since_last} since the last that was told" if alert.since_last else "",
    }
    return Letter(f"[pratique] alert: {alert.kind}", tuple(_rows(lines)))


def _rows(lines: dict[str, str]) -> Iterator[str]:
    return (f"{name + ':':14}{value}" for name, value in lines.items() if value)


def _several(texts: Iterable[str], how: Callable[[str], str] = shown) -> str:
    """Some texts on one line, and how many more there are."""
    known = list(texts)
    cut = (
        one if len(one) <= _EACH else f"{one[: _EACH - _BEHIND]}...{one[-_BEHIND:]}"
        for one in known[:_NAMED]
    )
    named = ", ".join(map(how, cut))
    more = f" and {len(known) - _NAMED} more" if len(known) > _NAMED else ""
    return named[: 3 * _EACH * _NAMED] + more


def _files(seen: Facts) -> Iterator[str]:
    """Names of parts, each once; those of the first thousand parts."""
    return iter(dict.fromkeys(part.name for part in islice(seen.parts, 1000) if part.name))
