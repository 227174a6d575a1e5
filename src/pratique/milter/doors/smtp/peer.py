"""Know who is at the other end: the peer of the connection, or the client that it names.

A peer in `xforward_from` is a proxy: its clients are behind it, and are known only as far
as it names them, for one transaction.  A peer in `xclient_from` names a client that takes
its place.  Until it has, its client is unknown too; it is never taken for one itself, but
for the right to relay, which it has as any peer.

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
        # May it say XCLIENT?  Whatever it names, it is asked itself.
        self.may_name = listed(ip, settings.xclient_from)
        # The address that rights depend on; empty is unknown.
        self.ip = ip
        self.may_forward = listed(ip, settings.xforward_from)

    def name(self, attributes: Mapping[str, str]) -> None:
        """Be the client that XCLIENT names; several commands add up."""
        self._named = {**(self._named or {}), **attributes}
        # Not named is not known: the peer's own address would give its rights to anybody.
        self.ip = self._named.get("ADDR", "")
        self.may_forward = listed(self.ip, self._settings.xforward_from)
        self._forwarded = {}

    def unproven(self, ip: str) -> "Peer":
        """The peer as it connected, with this address: nobody has named another.

        Where it had named a client it may be that client who speaks, by way of a proxy that
        hands on what it hears; so the client is unknown, and has no rights of the peer.
        """
        peer = Peer(ip, self._settings)
        if self._named is not None:
            peer.name({})
        return peer

    def forward(self, attributes: Mapping[str, str]) -> None:
        """Speak for the client that XFORWARD names, until `forget`."""
        self._forwarded.update(attributes)

    def forget(self) -> None:
        """A transaction is over, and what XFORWARD said with it."""
        self._forwarded = {}

    def named(self, attribute: str) -> str:
        """What XCLIENT said of one attribute; empty is unknown."""
        return (self._named or {}).get(attribute, "")

    @property
    def mta_id(self) -> str:
        """What the mail server in front of us calls the message."""
        return self._forwarded.get("IDENT", "")

    def client(self, helo: str) -> Client:
        """The client whose mail this is, where it greets with `helo`."""
        if self.may_forward:
            said = self._forwarded
            source = said.get("SOURCE", "").upper()
            return Client(said.get("ADDR", ""), said.get("NAME", ""), said.get("HELO", ""), source)
        if self._named is not None:
            return Client(self.ip, self.named("NAME"), self.named("HELO") or helo)
        if self.may_name:
            return Client()
        return Client(ip=self.ip if self._has_address else "", helo=helo)
