"""Find in what became of a message whatever somebody should wake up for.  Pure.

A stranger's worm is no emergency: it is stopped, and that was all.  One of our own machines
that sends it is, and one of our users who gets bounces by the thousand.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pratique.milter.alerts.bursts import FOUND, client_of
from pratique.milter.became import Became
from pratique.milter.sections.bursts import BurstsSection
from pratique.milter.sent import names
from pratique.scanners.facts_pb2 import Finding, Part

# Names in one alert: an engine or two, and some rules of YARA; the journal has all.
NAMED = 5
# Characters of one text in it: the longest name of a host has 253 (RFC 1035 2.3.4).
LETTERS = 256

_STOPS = frozenset({"reject", "quarantine", "discard"})
# scanners/kinds.py, DANGEROUS: a mail of ours that somebody returns may be anything else.
_DANGEROUS = frozenset({"executable", "script", "shortcut", "disk_image"})


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that somebody should look at, as it is told.  Texts in it are a stranger's."""

    kind: str
    # What it is told once for: client or address, and the name of what was found.
    about: tuple[str, ...]
    # Whose mail it is: of outgoing mail the client, of a bounce whom it came to.
    whose: str = ""
    queue_id: str = ""
    mta_id: str = ""
    client_ip: str = ""
    client_name: str = ""
    helo: str = ""
    authenticated: str = ""
    # How many recipients this message has, and how many there were of late of what is counted.
    recipients: int = 0
    lately: int = 0
    # Names and families of what was found, the worst first; kinds of what is dangerous by itself.
    findings: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    rule: str = ""
    action: str = ""
    # "begins", "goes_on" or "ended" of what lasts; empty of all else.
    state: str = ""
    # How many more there were since the last that was told, this one not counted.
    since_last: int = 0


Receiver = Callable[[Alert], None]


def emergencies(became: Became, section: BurstsSection) -> Iterator[Alert]:
    """All that is in a message."""
    if became.envelope.direction == "outbound":
        yield from _of_our_client(became, section)
    bounce = became.facts.bounce
    if bounce.claimed and bounce.verified:
        yield from _returned(became)
    if bounce.flood:
        yield _alert(became, "bounce_flood", lately=bounce.lately)


def flooded(became: Became) -> Alert:
    """What a flood is told as, for the address that a message came to."""
    return _alert(became, "bounce_flood")


def _of_our_client(became: Became, section: BurstsSection) -> Iterator[Alert]:
    client, found = became.facts.envelope.client, _worst_first(became.facts.findings)
    if found and (found[0].severity == "malicious" or _is_stopped(became)):
        kind = "own_bounce_with_malware" if _is_own_bounce(became, found) else "infected_client"
        yield _alert(became, kind, found)
    if client.recent_recipients > section.recipients:
        yield _alert(became, "burst_of_recipients", found, lately=client.recent_recipients)
    if client.recent_findings > section.findings:
        yield _alert(became, "burst_of_findings", found, lately=client.recent_findings)


def _is_own_bounce(became: Became, found: Iterable[Finding]) -> bool:
    """Whether it may be a bounce that a server of ours makes of what a stranger sent.

    Then nobody of ours is infected; but so a worm dresses too, and somebody shall look.
    """
    if became.envelope.reverse_path != "" or not became.facts.bounce.claimed:
        return False
    returned = {part.id for part in became.facts.parts if part.returned}
    return all(one.part in returned for one in found)


def _returned(became: Became) -> Iterator[Alert]:
    """One of our machines sent what a verified bounce returns."""
    parts = {part.id: part for part in became.facts.parts if part.returned}
    findings = (one for one in became.facts.findings if one.part in parts)
    found = [one for one in _worst_first(findings) if one.severity == "malicious"]
    kinds = _named(_danger(part) for part in parts.values())
    if found or kinds:
        yield _alert(became, "bounce_returns_malware", found, kinds)


def _danger(part: Part) -> str:
    if part.kind in _DANGEROUS:
        return part.kind
    # A document that is encrypted may carry them too, as may any: people send such to each other.
    return "macros" if part.may_carry_macros and not part.encrypted else ""


def _worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Those that are suspicious or malicious."""
    return sorted(
        (one for one in findings if one.severity in FOUND),
        key=lambda one: one.severity != "malicious",
    )


def _is_stopped(became: Became) -> bool:
    return became.action in _STOPS or any(one.action in _STOPS for one in became.verdicts)


def _alert(
    became: Became,
    kind: str,
    found: Iterable[Finding] = (),
    kinds: tuple[str, ...] = (),
    lately: int = 0,
) -> Alert:
    envelope, found = became.envelope, list(found)
    named = _named(one.name for one in found)
    whose = _of_bounce(became) if kind.startswith("bounce_") else client_of(envelope)
    what = (*named, *kinds)[:1] if kind in _BY_NAME else ()
    return Alert(
        kind=kind,
        about=(kind, whose, *what),
        whose=_cut(whose),
        queue_id=envelope.queue_id,
        mta_id=_cut(envelope.mta_id),
        client_ip=_cut(envelope.client.ip),
        client_name=_cut(envelope.client.name),
        helo=_cut(envelope.client.helo),
        authenticated=_cut(envelope.authenticated),
        recipients=len(envelope.recipients),
        lately=lately,
        findings=named,
        families=_named(one.family for one in found),
        kinds=kinds,
        rule=became.rule,
        action=became.action,
    )


# Each name that is found at a client is told; of a burst it matters that it is one.
_BY_NAME = frozenset({"infected_client", "own_bounce_with_malware", "bounce_returns_malware"})


def _of_bounce(became: Became) -> str:
    recipients = became.envelope.recipients
    return names.address(recipients[0].address) if recipients else ""


def _named(texts: Iterable[str]) -> tuple[str, ...]:
    """Each once, as far as they are told."""
    return tuple(_cut(one) for one in list(dict.fromkeys(filter(None, texts)))[:NAMED])


def _cut(text: str) -> str:
    return text if len(text) <= LETTERS else text[:LETTERS] + "..."
