"""Put BATV's tag on where mail goes out, and take it off where a bounce comes in.

The reverse-path that the next hop hears has the tag; everybody of ours keeps the plain one:
ledger, watermark, journal, policy and quarantine.  So it is with a recipient that bears a tag
of ours: it is the plain address from there on, and what it bore is kept beside for whoever
proves a bounce.  A tag that names a key of ours which did not make it is taken off as well
where we tag: it says that a bounce is forged, and rules decide about that, not a mail server
that knows no such user.  In a domain of ours that has no tags it may be another server's, and
stays.

An admin who writes `[[sent.batv]]` for a domain says that it is ours.
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
    # Domains of ours; each stands for all below it.
    domains: tuple[str, ...] = ()

    def outgoing(self, reverse_path: str, at: datetime) -> str:
        """The reverse-path of mail of ours, as others hear it: with a tag if it can have one."""
        table = self.section.batv_of(_domain(reverse_path))
        if table is None:
            return reverse_path
        return batv.tag(self.keys, reverse_path, day_of(at), Form(table.sign))

    def incoming(self, forward: Forward, at: datetime) -> Forward:
        """A recipient without the tag that it bears, if that is one of ours."""
        # All forms of a tag of ours have it; to look for it spares the rest for ordinary mail.
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
    """The tags of a process; None without keys.

    Without a table too: what was tagged until yesterday comes back for a week.
    """
    if our_mail is None or our_mail.keys is None:
        return None
    return Tags(our_mail.keys, our_mail.section, our_mail.domains)


def _domain(address: str) -> str:
    """As settings write it: in lower case, A-labels."""
    return names.address(address).rpartition("@")[2]
