"""Be no filter at all: Postfix alone, for orientation."""

from peers.peer import Command, Peer, Place


def prepare(place: Place) -> tuple[Command, ...]:
    """Nothing is to be run."""
    del place
    return ()


PEER = Peer("none", prepare, lambda: "", entry="none")
