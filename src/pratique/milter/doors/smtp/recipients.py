"""Keep the recipients of one message: as a client said them, and as they are sent to.

They differ where an address came twice, with a tag of ours and without, or with two: it is
one recipient, and said to the next hop once.  The client hears of each of its commands all the
same, and in LMTP once more at the end of data (RFC 2033 4.2), in its own order.  An address
that came twice in the same form is said twice, as it ever was: that is between client and
next hop.
"""

from pratique.milter.mail import Forward
from pratique.milter.next_hop import Reply


class Recipients:
    """Those of one message that were taken."""

    def __init__(self) -> None:
        # As they are sent to.
        self.taken: list[Forward] = []
        # For each that the client was told is taken, its place in `taken`.
        self._places: list[int] = []
        # By address: its place, and what the client heard.
        self._first: dict[str, tuple[int, Reply]] = {}

    def take(self, forward: Forward, reply: Reply) -> None:
        """Another recipient, and what the client hears of it."""
        self._first.setdefault(forward.address, (len(self.taken), reply))
        self._places.append(len(self.taken))
        self.taken.append(forward)

    def take_again(self, forward: Forward) -> Reply | None:
        """What was said of the same address in another form; None: there was none."""
        place, reply = self._first.get(forward.address, (0, None))
        if reply is None or self.taken[place].tagged == forward.tagged:
            return None
        self._places.append(place)
        return reply

    def each(self, reply: Reply) -> tuple[Reply, ...]:
        """The replies to the end of data, one for each that the client was told is taken."""
        if len(reply.each) != len(self.taken):
            return (reply,) * len(self._places)
        return tuple(reply.each[place] for place in self._places)
