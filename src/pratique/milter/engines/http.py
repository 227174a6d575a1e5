"""Ask a service over HTTP what it finds: octets by POST, and JSON comes back.

    {"findings": [{"name": "Worm.Plugh", "severity": "malicious", "family": "Plugh",
                   "note": "in its macro", "reference": "https://..."}],
     "limits": ["more than 10 MB"], "engine_version": "2.1", "database_version": "2026-11-22"}

`findings` must be there, and nothing else may be: a name that is misspelt would otherwise
read as nothing found.  Of a finding only `name` is needed.  `limits` are reasons for which it
did not look at all of it.

A service that is there and has no room (429, 502, 503, 504) is away; any other status but 200
is a failure of the message.

An answer may begin before all octets were sent (RFC 9112 9.5).  What was found in the first of
them counts, as does a refusal; that nothing was found does not.  What a service leaves unread
of a body it reads as the next question (9.3), and the answer to that would be the answer to
ours: so a connection is kept only behind a 200 that began when all was sent.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from pratique.milter.config import Settings
from pratique.milter.engines import http_protocol as protocol
from pratique.milter.engines import strict_json
from pratique.milter.engines.engine import Said
from pratique.milter.engines.exchange import exchange
from pratique.milter.engines.plain import FINDINGS, NAME, NOTE, Plain, Terms, clean, terms_of
from pratique.milter.engines.streams import OPEN_SECONDS, Connections, Place, verifying
from pratique.milter.engines.troubles import Away, NoAnswer
from pratique.milter.engines.turns import Turns
from pratique.milter.mail import Content
from pratique.milter.sections.more_engines import HttpSection
from pratique.scanners import facts_pb2 as facts

_AWAY = {429, 502, 503, 504}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Finding(_Strict):
    name: Annotated[str, Field(min_length=1)]
    severity: Literal["information", "suspicious", "malicious"] | None = None
    family: str = ""
    note: str = ""
    reference: str = ""


class _Answer(_Strict):
    findings: Annotated[list[_Finding], Field(max_length=1000)]
    limits: Annotated[list[str], Field(max_length=1000)] = []
    engine_version: str = ""
    database_version: str = ""


def http_of(settings: Settings) -> list[Plain]:
    """The engines that the settings name."""
    return [engine_of(section) for section in settings.http]


def engine_of(section: HttpSection) -> Plain:
    """One of them."""
    terms = terms_of(section, section.connections)
    service = Http(section.url, section.socket or "", section.headers, terms)
    return Plain(terms, service, Turns(section.connections))


class Http:
    """One service."""

    def __init__(self, url: str, path: str, fields: Mapping[str, str], terms: Terms) -> None:
        self._url = urlsplit(url)
        is_tls = self._url.scheme == "https"
        tls = verifying() if is_tls and not path else None
        port = self._url.port or (443 if is_tls else 80)
        place = Place(self._url.hostname or "", port, path, tls)
        self._fields = fields
        self._severity = terms.severity
        # Sooner than the time for the message is over, for which that is to blame.
        self._connections = Connections(place, min(OPEN_SECONDS, terms.seconds / 2))
        # As it told them last.
        self._version = "", ""

    @property
    def address(self) -> str:
        """What answered, and where."""
        told = " ".join(clean(each, NAME) for each in self._version if each)
        return f"{told or 'a service'} at {self._url.scheme}://{self._url.netloc}{self._url.path}"

    @property
    def signatures(self) -> str:
        """Its database's version, as it told last."""
        return clean(self._version[1], NAME)

    async def version(self) -> tuple[str, str]:
        """What it told last; nobody can ask."""
        return self._version

    def doubt(self) -> None:
        """Ask on another connection."""
        self._connections.close()

    def close(self) -> None:
        """Keep nothing open."""
        self._connections.close()

    async def look(self, content: Content) -> Said:
        """What it says of a content.  Raises Away, Closed or NoAnswer."""
        connection = await self._connections.take()
        keeps = False
        try:
            incoming = protocol.Incoming()
            (head, body), is_early = await exchange(connection, self._pieces(content), incoming)
            if head.status != 200:
                words = f"{head.status} {clean(head.reason, NAME)}"
                raise Away(words) if head.status in _AWAY else NoAnswer(words)
            said = self._said(body)
            if is_early and not said.findings and not said.limits:
                raise NoAnswer("it found nothing before it had all that it was sent")
            keeps = incoming.keeps and not is_early
        finally:
            if keeps:
                self._connections.give_back(connection)
            else:
                connection.close()
        return said

    def _pieces(self, content: Content) -> Iterator[bytes]:
        yield protocol.request(self._url, content.size, self._fields)
        yield from content.span(0, content.size)

    def _said(self, body: bytes) -> Said:
        """What JSON says.  Raises NoAnswer."""
        answer = strict_json.read(_Answer, body)
        self._version = answer.engine_version[:NAME], answer.database_version[:NAME]
        limits = tuple(clean(each, NOTE) or "a limit" for each in answer.limits[:FINDINGS])
        found = answer.findings[:FINDINGS]
        return Said(tuple(self._finding(each, answer) for each in found), limits)

    def _finding(self, one: _Finding, answer: _Answer) -> facts.Finding:
        return facts.Finding(
            name=clean(one.name, NAME) or "Http.Unnamed",
            severity=one.severity or self._severity,
            family=clean(one.family, NAME),
            note=clean(one.note, NOTE),
            reference=clean(one.reference, NOTE),
            engine_version=clean(answer.engine_version, NAME),
            database_version=clean(answer.database_version, NAME),
        )
