"""Put BATV's tag on where mail goes out, and take it off where a bounce comes in.

Only the next hop sees the reverse-path with the tag; everything of ours keeps the plain one:
ledger, watermark, journal, policy and quarantine.  The same holds for a recipient with one of
our tags: from there on it is the plain address, and the tagged one is kept alongside for the
proof of a bounce.  A tag that names one of our keys, which did not make it, is taken off as well
where we tag: it says that a bounce is forged, which is for the rules to decide, not for a mail
server that knows no such user.  In a domain of ours without tags it may be another server's, and
stays.

With `[[sent.batv]]` for a domain an admin says that the domain is ours.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from pratique.milter.mail import Forward
from pratique.milter.sections.sent import SentSection
from pratique.milter.sent import batv, names
from pratique.milter.sent.batv import Form
from pratique.milter.sent.day import day_of
from pratique.milter.sent.domains import Domains
from pratique.milter.sent.keys import Keys
from pratique.milter.sent.our_mail import OurMail


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of one process."""

    keys: Keys
    section: SentSection
    # Our domains; each stands for all below it.
    domains: tuple[str, ...] = ()

    def outgoing(self, reverse_path: str, at: datetime) -> str:
        """Return the reverse-path of our mail as others see it: with a tag if it can have one."""
        table = self.section.batv_of(_domain(reverse_path))
        if table is None:
            return reverse_path
        return batv.tag(self.keys, reverse_path, day_of(at), Form(table.sign))

    def incoming(self, forward: Forward, at: datetime) -> Forward:
        """Return a recipient without its tag, if that is one of ours."""
        # Every form of our tags has this; the check spares ordinary mail the rest.
        if "prvs=" not in forward.address.lower():
            return forward
        domain = _domain(forward.address)
        tagging = self.section.batv_of(domain) is not None
        if not (tagging or Domains(self.domains).has(domain)):
            return forward
        found = batv.untag(self.keys, forward.address, day_of(at))
        if found.state in {"ours", "expired"} or (found.state == "bad" and tagging):
            return replace(forward, address=found.address, tagged=forward.address)
        return forward


def tags_of(our_mail: OurMail | None) -> Tags | None:
    """Build the tags of a process; None without keys.

    They are needed without a table too: what was tagged until yesterday comes back for a week.
    """
    if our_mail is None or our_mail.keys is None:
        return None
    return Tags(our_mail.keys, our_mail.section, our_mail.domains)


def _domain(address: str) -> str:
    """Return the domain as settings write it: in lower case, A-labels."""
    return names.address(address).rpartition("@")[2]
