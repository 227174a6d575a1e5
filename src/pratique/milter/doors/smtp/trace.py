"""Write the Received field that we add (RFC 5321 4.4).

    Received: from HELO (NAME [ADDRESS])
     by HOST with ESMTP id ID
     for <RECIPIENT>; DATE

What the client said of itself is included only as far as it fits a strict set of
characters; anything else becomes "?", so nothing can end the line, open a comment or
forge a clause.  The recipient is named only if there is just one: with two, the field would
tell each who else got the mail (RFC 5321 7.6).
"""

import functools
import re
from datetime import datetime, timedelta

from pratique.milter.doors.smtp.settings import DoorSettings
from pratique.milter.mail import Client, Envelope

_UNSAFE = re.compile(r"[^A-Za-z0-9_.:-]")
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9_.+=@-]{1,320}")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def received_field(envelope: Envelope, settings: DoorSettings) -> bytes:
    """Return the whole header field, folded, with its line ends."""
    return received_by(envelope, settings.hostname)


def received_by(envelope: Envelope, hostname: str, clause: str = "") -> bytes:
    """Return the field as a host of this name writes it; `clause` is a comment, in ASCII."""
    lines = [f"Received: from {_origin(envelope.client)}"]
    lines.append(f" by {hostname} with {_protocol(envelope)} id {_safe(envelope.queue_id)}")
    if clause:
        lines.append(f" {clause}")
    if len(envelope.recipients) == 1:
        (only,) = envelope.recipients
        if _PLAIN_ADDRESS.fullmatch(only.address):
            lines.append(f" for <{only.address}>")
    lines[-1] += ";"
    second = envelope.received_at.replace(microsecond=0)
    lines.append(f" {_date(second, second.utcoffset())}")
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


def _protocol(envelope: Envelope) -> str:
    """Name the protocol as RFC 3848 and RFC 6531 4.3 do: S for TLS, A if authenticated."""
    if envelope.protocol == "SMTP":
        return "SMTP"
    secured, login = "S" * bool(envelope.tls), "A" * bool(envelope.authenticated)
    return f"{_safe(envelope.protocol)}{secured}{login}"


def _origin(client: Client) -> str:
    helo = _safe(client.helo)
    if not client.ip:
        return f"{helo} (unknown)"
    ip = f"IPv6:{client.ip}" if ":" in client.ip else client.ip
    return f"{helo} ({_safe(client.name)} [{_safe(ip)}])"


def _safe(text: str) -> str:
    """Return at most 255 harmless characters; brackets of an address literal stay."""
    literal = text.startswith("[") and text.endswith("]")
    safe = _UNSAFE.sub("?", text[1:-1] if literal else text)[:255] or "unknown"
    return f"[{safe}]" if literal else safe


@functools.lru_cache(maxsize=4)
def _date(when: datetime, from_utc: timedelta | None) -> str:
    """Format a date as RFC 5322 3.3; `strftime` is slow and would use the locale's language."""
    day, month = _DAYS[when.weekday()], _MONTHS[when.month - 1]
    clock = f"{when.hour:02}:{when.minute:02}:{when.second:02}"
    minutes = (from_utc or timedelta()) // timedelta(minutes=1)
    hours, rest = divmod(abs(minutes), 60)
    zone = f"{'-' if minutes < 0 else '+'}{hours:02}{rest:02}"
    return f"{day}, {when.day} {month} {when.year} {clock} {zone}"
