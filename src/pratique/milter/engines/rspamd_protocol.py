"""Speak rspamd's protocol: a message by POST, its envelope in the head, JSON back; no I/O.

    POST /checkv2           {"score": 15.0, "required_score": 15.0, "action": "reject",
    IP: 192.0.2.1            "symbols": {"GTUBE": {"name": "GTUBE", "score": 0.0, ...}}, ...}
    From: <a@example.org>

https://rspamd.com/doc/developers/protocol.html.  What it says besides is not looked at: an
answer has more with each version.
"""

from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from pratique.milter.engines import scores, strict_json, told
from pratique.milter.engines.engine import Said
from pratique.milter.mail import Envelope

NAME = "rspamd"

_Number = Annotated[float, Field(allow_inf_nan=False, ge=-scores.LARGEST, le=scores.LARGEST)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True)


class _Symbol(_Strict):
    score: _Number


class _Answer(_Strict):
    score: _Number
    required_score: _Number
    symbols: dict[str, _Symbol]


def request(host: str, size: int, envelope: Envelope | None, password: str = "") -> bytes:
    """All that stands before the octets of a message of this size."""
    lines = [
        "POST /checkv2 HTTP/1.1",
        f"Host: {host}",
        "User-Agent: Pratique",
        f"Content-Length: {size}",
    ]
    if password:
        lines.append(f"Password: {password}")
    if envelope is not None:
        lines += [f"{name}: {value}" for name, value in _fields(envelope) if value]
    return "\r\n".join([*lines, "", ""]).encode()


def _fields(envelope: Envelope) -> Iterator[tuple[str, str]]:
    """What is known of it; what is empty is not."""
    client = envelope.client
    yield "IP", told.line(client.ip)
    yield "Hostname", told.line(client.name)
    yield "Helo", told.line(client.helo)
    if envelope.reverse_path is not None:
        yield "From", told.path(envelope.reverse_path)
    for path in told.forward_paths(envelope):
        yield "Rcpt", path
    yield "User", told.line(envelope.authenticated)
    # As the mail server in front calls it, whose log rspamd's is compared with.
    yield "Queue-Id", told.line(envelope.mta_id or envelope.queue_id)
    yield "MTA-Tag", told.line(envelope.door)


def said_of(body: bytes) -> Said:
    """What JSON says.  Raises NoAnswer."""
    answer = strict_json.read(_Answer, body)
    symbols = ((name, symbol.score) for name, symbol in answer.symbols.items())
    return scores.said_of(NAME, answer.score, answer.required_score, symbols)
