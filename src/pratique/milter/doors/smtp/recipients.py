"""Keep the recipients of one message: as the client named them, and as they are sent to.

They differ where an address came twice, with and without our tag, or with two tags: it is
one recipient, and said to the next hop once.  The client still gets a reply to each of its
commands, and in LMTP once more at the end of data (RFC 2033 4.2), in its own order.  An address
that came twice in the same form is passed on twice: that is between the client and the
next hop.
"""

from pratique.milter.mail import Forward
from pratique.milter.next_hop import Reply


class Recipients:
    """The recipients of one message that were taken."""

    def __init__(self) -> None:
        # As they are sent to.
        self.taken: list[Forward] = []
        # For each RCPT command that was accepted, the place of its recipient in `taken`.
        self._places: list[int] = []
        # By address: its place, and the reply that the client got.
        self._first: dict[str, tuple[int, Reply]] = {}

    def take(self, forward: Forward, reply: Reply) -> None:
        """Add a recipient, and the reply that the client gets."""
        self._first.setdefault(forward.address, (len(self.taken), reply))
        self._places.append(len(self.taken))
        self.taken.append(forward)

    def take_again(self, forward: Forward) -> Reply | None:
        """Return the reply to the same address in another form; None if there was none."""
        place, reply = self._first.get(forward.address, (0, None))
        if reply is None or self.taken[place].tagged == forward.tagged:
            return None
        self._places.append(place)
        return reply

    def each(self, reply: Reply) -> tuple[Reply, ...]:
        """Return the replies to the end of data, one for each RCPT command that was accepted."""
        if len(reply.each) != len(self.taken):
            return (reply,) * len(self._places)
        return tuple(reply.each[place] for place in self._places)
