"""Tell a person whom a message is from, as far as that is known, and what a bounce is worth.

What was not checked is not mentioned: no line says "unknown".
"""

from pratique.milter.cli.marks import safe
from pratique.milter.cli.report import weight
from pratique.scanners import facts_pb2 as facts

_COLOURS = {"pass": "green", "fail": "red", "softfail": "red", "permerror": "red"}


def lines(known: facts.Facts) -> list[str]:
    """Return all of it, for rich."""
    return [
        *_auth(known.auth),
        *_spoofs(known),
        *_bursts(known.envelope.client),
        *_bounce(known.bounce),
    ]


def _auth(auth: facts.Auth) -> list[str]:
    """Say what was checked, by whom, and who is proved to be the sender."""
    words = [f"{name} {_word(word)}" for name, word in (("spf", auth.spf),) if word]
    words += [f"dkim {_word(one.result)} {safe(one.domain)}".rstrip() for one in auth.dkim]
    if auth.dmarc:
        wanted = f" (its owner wants {safe(auth.dmarc_policy)})" if auth.dmarc_policy else ""
        words.append(f"dmarc {_word(auth.dmarc)}{wanted}")
    words += [f"arc {_word(auth.arc)}"] if auth.arc else []
    if not words and not auth.authenticated_as:
        return []
    by = f", says {safe(auth.checker)}" if auth.checker else ""
    whom = safe(auth.authenticated_as)
    proved = f"proved to be from {whom}" if whom else "nobody has proved to have sent it"
    return [f"  [cyan]sender[/] {', '.join(words) or 'nothing checked'}{by}; {proved}"]


def _word(word: str) -> str:
    colour = _COLOURS.get(word)
    return f"[{colour}]{safe(word)}[/]" if colour else safe(word)


def _spoofs(known: facts.Facts) -> list[str]:
    return [
        f"  [magenta]spoof sign[/] {safe(one.kind)}"
        + (f": {safe(one.detail)}" if one.detail else "")
        for one in known.spoof_signs
    ]


def _bursts(client: facts.Client) -> list[str]:
    """Say what one client sent recently; incoming mail, and mail in a file, is not counted."""
    if not client.recent_recipients:
        return []
    found = client.recent_findings
    bad = f", [red]{_several(found, 'message')} with findings[/]" if found else ""
    many = _several(client.recent_recipients, "recipient")
    return [f"  [cyan]client[/] {many} within ten minutes{bad}"]


def _several(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _bounce(bounce: facts.Bounce) -> list[str]:
    """Say what kind of report the message is, and what speaks for and against a genuine bounce."""
    told = _evidence(bounce)
    if bounce.other:
        proved = ", answers a message of ours" if bounce.verified else ""
        return [f"  [cyan]no bounce[/] but another report: {safe(bounce.other)}{proved}", *told]
    if not bounce.claimed:
        return []
    shown = "[green]verified[/]" if bounce.verified else "not verified"
    return [
        f"  [cyan]bounce[/] claimed, {shown}; for (+) and against (-) a genuine one:",
        *told,
        *_flood(bounce),
    ]


def _evidence(bounce: facts.Bounce) -> list[str]:
    told = [
        f"    {one.weight:+5.1f} {safe(one.kind)}" + (f": {safe(one.detail)}" if one.detail else "")
        for one in bounce.evidence
    ]
    if len(told) > 1:
        told.append(f"    {weight(bounce):+5.1f} together")
    return told


def _flood(bounce: facts.Bounce) -> list[str]:
    if not bounce.lately:
        return []
    flood = "; [magenta]a flood[/]: only what is verified counts" if bounce.flood else ""
    return [f"    {bounce.lately} unproved ones to its recipient within an hour{flood}"]
