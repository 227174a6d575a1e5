"""Know who is at the other end: the peer of the connection, or the client that it names.

A peer in `xforward_from` is a proxy: its clients are behind it, and are known only as far
as it names them, for one transaction.  A peer in `xclient_from` names a client that takes
its place.  Until it has, its client is unknown too; the peer is never taken for a client
itself, except for the right to relay, which it has as any peer.

A peer on a unix socket has no address, and the rights of 127.0.0.1: the file's
permissions have let it in.
"""

from collections.abc import Mapping

from pratique.milter.doors.networks import listed
from pratique.milter.doors.smtp.settings import DoorSettings
from pratique.milter.mail import Client


class Peer:
    """Who speaks on one connection, and for whom."""

    def __init__(self, ip: str, settings: DoorSettings) -> None:
        self._settings = settings
        self._has_address = bool(ip)
        if not ip and settings.host.startswith("unix:"):
            ip = "127.0.0.1"
        self._named: dict[str, str] | None = None
        self._forwarded: dict[str, str] = {}
        # Whether it may say XCLIENT; this depends on the peer itself, whomever it names.
        self.may_name = listed(ip, settings.xclient_from)
        # The address that rights depend on; empty if unknown.
        self.ip = ip
        self.may_forward = listed(ip, settings.xforward_from)

    def name(self, attributes: Mapping[str, str]) -> None:
        """Become the client that XCLIENT names; several commands add up."""
        self._named = {**(self._named or {}), **attributes}
        # A client that is not named is unknown: with the peer's address it would have the peer's
        # rights.
        self.ip = self._named.get("ADDR", "")
        self.may_forward = listed(self.ip, self._settings.xforward_from)
        self._forwarded = {}

    def unproven(self, ip: str) -> "Peer":
        """Return the peer as it connected, from this address, before it named any client.

        If it had named a client, the commands may come from that client, through a proxy that
        passes on what it hears; so the client is unknown, and has none of the peer's rights.
        """
        peer = Peer(ip, self._settings)
        if self._named is not None:
            peer.name({})
        return peer

    def forward(self, attributes: Mapping[str, str]) -> None:
        """Speak for the client that XFORWARD names, until `forget`."""
        self._forwarded.update(attributes)

    def forget(self) -> None:
        """Forget what XFORWARD said, at the end of a transaction."""
        self._forwarded = {}

    def named(self, attribute: str) -> str:
        """Return what XCLIENT said of one attribute; empty if unknown."""
        return (self._named or {}).get(attribute, "")

    @property
    def mta_id(self) -> str:
        """The mail server in front of us calls the message by this id."""
        return self._forwarded.get("IDENT", "")

    def client(self, helo: str) -> Client:
        """Return the client whose mail this is, where it greets with `helo`."""
        if self.may_forward:
            said = self._forwarded
            source = said.get("SOURCE", "").upper()
            return Client(said.get("ADDR", ""), said.get("NAME", ""), said.get("HELO", ""), source)
        if self._named is not None:
            return Client(self.ip, self.named("NAME"), self.named("HELO") or helo)
        if self.may_name:
            return Client()
        return Client(ip=self.ip if self._has_address else "", helo=helo)
