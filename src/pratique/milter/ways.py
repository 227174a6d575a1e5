"""Say how one message can leave the door that it came by, and what was done with it in the end."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from pratique.milter import actions
from pratique.milter.actions import HeardBy, Plan, Share
from pratique.milter.mail import Content, Envelope, Forward, Outgoing
from pratique.milter.next_hop import Reply
from pratique.milter.outcome import Outcome
from pratique.milter.quarantine.record import Held
from pratique.scanners.facts_pb2 import Facts

# Gives a message to the next hop, for these recipients; 2yz if and only if it has it, 5yz if
# it never will.
Send = Callable[[Outgoing, Sequence[Forward]], Awaitable[Reply]]
# Gives a message to the next hop for one address instead of these recipients.  The last argument
# is true for the content that the door itself keeps; any other leaves by `apart`.
Redirect = Callable[[Outgoing, Sequence[Forward], Forward, bool], Awaitable[Reply]]
# Keeps a message, on the disk when it returns, and gives its id in quarantine; the empty word
# where the mail server is told to hold it.  Raises OSError.
Hold = Callable[[Held], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Ways:
    """How one message can leave the door that it came by."""

    # The last to be called, and at most once.
    send: Send
    # For a message that is held for all its recipients: `Quarantine.hold`, or what tells a
    # mail server to hold the message itself.
    hold: Hold
    heard_by: HeardBy
    # The Received field to put in front, or nothing.
    trace: bytes = b""
    # The octets of a message too large to be looked into; 0: it is not.  Its content may
    # then be only the beginning, if `hold` and `send` act on what the mail server has.
    too_large: int = 0
    # The octets of the largest message that may leave changed; 0: there is no limit.
    most: int = 0
    # What other recipients get, if it has another content; called before `send`, each time for
    # others.  Without it all who get the message get the same.
    apart: Send | None = None
    # What is redirected; it may be called after `send`, and in a milter with the content of that.
    redirect: Redirect | None = None
    # False: what there is of the content must not be held, nor sent for some alone.
    divides: bool = True
    # True: what `send` was given goes out only if our reply is 2yz.
    by_reply: bool = False
    # True: each recipient hears a reply of his own (LMTP, RFC 2033 4.2), and who was told to
    # come again comes alone.
    by_recipient: bool = False

    @property
    def contents(self) -> int:
        """How many different contents of one message can leave."""
        if not self.divides:
            return 0
        return 1 if self.apart is None else actions.MOST_CONTENTS


@dataclass(frozen=True, slots=True)
class Whole:
    """A message as it came, and what was seen in it."""

    content: Content
    envelope: Envelope
    facts: Facts
    # Header fields of ours that everybody gets, whatever the policy adds for him: below the
    # trace field, and above it.
    fields: bytes = b""
    above: bytes = b""

    def forwards(self, share: Share) -> tuple[Forward, ...]:
        """The recipients of a share."""
        return tuple(self.envelope.recipients[place] for place in share.places)

    def instead(self, share: Share) -> Forward:
        """Where a share goes that is redirected.

        A stranger who asked to be told hears nothing of that address (RFC 3461 4.1: NEVER), and
        it hears nothing of what he called the recipient (4.2: no ORCPT).
        """
        return Forward(share.redirect, ("NOTIFY=NEVER",))

    def held(self, share: Share, out: Outgoing) -> Held:
        """What is put in quarantine for a share."""
        envelope = replace(self.envelope, recipients=self.forwards(share))
        return Held(out, envelope, share.verdicts, self.facts)


def outgoing(whole: Whole, trace: bytes, share: Share) -> Outgoing:
    """The message as it would go out: our fields in front, forgeries of them cut."""
    cut = tuple((span.start, span.end) for span in whole.facts.mail.foreign_fields)
    front = whole.above + trace + whole.fields + actions.fields(share.add_header)
    return Outgoing(whole.content, front, cut)


@dataclass(frozen=True, slots=True)
class Done:
    """What was done in the end, what the client hears, and where a copy is held."""

    plan: Plan
    reply: Reply
    held_as: str = ""
    # For each recipient; empty: the same for all.
    outcomes: tuple[Outcome, ...] = ()
