"""Set up clamav-milter: for orientation, since it passes octets to clamd and does no more."""

from peers.peer import Command, Peer, Place, installed

CONFIG = """
MilterSocket unix:{socket}
MilterSocketMode 666
Foreground true
ClamdSocket unix:{clamd}
OnClean Accept
OnInfected Reject
OnFail Defer
MaxFileSize 100M
TemporaryDirectory {temporary}
LogFile {folder}/clamav-milter.log
"""


def prepare(place: Place) -> tuple[Command, ...]:
    """Write its configuration; what to run."""
    temporary = place.own("temporary")
    temporary.chmod(0o777)
    config = place.folder / "clamav-milter.conf"
    config.write_text(
        CONFIG.format(
            socket=place.socket, clamd=place.clamd, temporary=temporary, folder=place.folder
        )
    )
    return (("clamav-milter", "-c", str(config)),)


PEER = Peer("clamav-milter", prepare, installed("clamav-milter"))
