"""State how a message pretends to come from somebody else, and who vouches for it.

Whoever reads a mail on a phone sees a display name and no address.  What forgers write
there, and in the other fields that say who wrote, ../senders/ knows.  Here the message's own
header is shown to it once all parts were seen; of the parts nothing is needed.
"""

from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.links.own import Own
from pratique.scanners.mime.header import skip_before
from pratique.scanners.mime.mail import header_of, read_outermost
from pratique.scanners.part import NO_PART, Message, Part, Signs
from pratique.scanners.senders import by_list, results
from pratique.scanners.senders.people import People
from pratique.scanners.senders.signs import ADDRESSES, Seen
from pratique.scanners.senders.signs import Signs as SpoofSigns


class Senders:
    """Makes a follower for each message: who we are is read once."""

    name: ClassVar[str] = "senders"
    signs: ClassVar[Signs] = NO_PART

    def __init__(self, setup: wall.Setup) -> None:
        self._signs = SpoofSigns(Own(setup.own_domains), People(setup.people))

    def __call__(self, message: Message) -> "SendersOf":
        """The follower of one message."""
        return SendersOf(message, self._signs)


class SendersOf:
    """Looks at the header of one message."""

    name: ClassVar[str] = "senders"

    def __init__(self, message: Message, signs: SpoofSigns) -> None:
        self._message = message
        self._signs = signs

    def scan(self, _part: Part) -> Iterator[facts.Facts]:
        """Nothing is stated of one part."""
        return iter(())

    def conclude(self) -> Iterator[facts.Facts]:
        """State the signs, and the fields of others."""
        message = self._message
        octets, header = message.octets, header_of(message)[1]
        if start := skip_before(octets, 0, len(octets)):
            # As mime/mail.py reads it.
            header = read_outermost(octets[start:], message.budget)[1]
        stated = facts.Facts()
        fields = header.fields
        for found in results.stated(fields, octets, start):
            stated.MergeFrom(found)
        # Only answers that go elsewhere may be a list's doing.
        listed = by_list.read(fields) if message.mail.header.reply_to else by_list.ByList()
        seen = Seen(message.mail, message.envelope, listed)
        stated.spoof_signs.extend(self._signs.of(seen))
        if field := seen.too_many():
            detail = f"more than {ADDRESSES} addresses in {field}"
            stated.limits.add(class_="header", detail=detail)
        if stated.ByteSize():
            yield stated
