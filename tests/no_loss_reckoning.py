"""Reckon what became of numbered mail: nothing lost, nothing let through, each double explained.

What was answered 250 is, for each recipient who was accepted, delivered or held.  Nobody
gets what the policy holds or refuses, and nobody what the client was refused to the end.

A second delivery is explained by a try whose end the client did not hear as it was: the
connection was lost, or it heard 4yz (RFC 1047).  Where a door lives to see that the next
hop may have the message, it says so in the log.
"""

import json
from collections import Counter

MAY_HAVE = "it may have the message"
# Why a message is held that would be delivered: also for a worker that dies as it takes
# something out.
EXCUSES = ("refused by the next hop", "cannot be done")


class Held:
    """A message in quarantine."""

    def __init__(self, folder, mail):
        content = (folder / "content").read_bytes()
        record = json.loads((folder / "record").read_text())
        self.number = int(mail.NUMBER.search(content)[1])
        self.names = [one["address"].partition("@")[0] for one in record["envelope"]["recipients"]]
        self.is_whole = content.endswith(b"\r\n\r\n" + mail.body_of(self.number))
        # The original of what went out changed: it is held for nobody.
        self.is_original = json.loads((folder / "state").read_text())["kept_original"]
        facts, verdicts = record["facts"], record["verdicts"]
        self.why = [f"{one['rule']}: {one['reason']}" for one in verdicts]
        self.excused = bool(
            facts.get("failures")
            or any(one.get("unopened") == "failure" for one in facts.get("parts", ()))
            or any(excuse in why for excuse in EXCUSES for why in self.why)
        )


class Reckoning:
    """All that is known at the end of a trial."""

    def __init__(self, trial, mail):
        self.trial, self.mail = trial, mail
        arrived = trial.next_hop.lines() + trial.elsewhere()
        self.copies = [copy for copy in arrived if copy.number != "-"]
        self.strange = [copy for copy in arrived if copy.number == "-"]
        held = [Held(folder, mail) for folder in trial.held_folders()]
        self.held = [one for one in held if trial.is_ours(one.number)]
        heard = [client.heard for client in trial.clients]
        self.taken = {number: names for one in heard for number, names in one.taken.items()}
        self.never = {number: said for one in heard for number, said in one.never.items()}
        self.lost = sum((one.lost for one in heard), Counter())
        self.later = sum((one.later for one in heard), Counter())
        self.unclear = self.lost + self.later + trial.unheard()
        self.sent = Counter((int(copy.number), name) for copy in self.copies for name in copy.names)
        waits = [one for one in self.held if not one.is_original]
        self.kept = Counter((one.number, name) for one in waits for name in one.names)
        self.excused = {(one.number, name) for one in waits if one.excused for name in one.names}

    def check(self):
        """See that nothing is lost, and nothing where it must not be."""
        none(self.strange, "bounces")
        none([copy for copy in self.copies if copy.reverse_path == "<>"], "bounces")
        none(self.missing(), "lost")
        none([copy for copy in self.copies if self.is_damaged(copy)], "damaged")
        none([one.number for one in self.held if not one.is_whole], "damaged, held")
        wanted = {one: self.mail.is_for(*one) for one in {*self.sent, *self.kept}}
        let_out = [one for one in self.sent if wanted[one] in ("held", "refused")]
        none(sorted(let_out), "delivered, not held")
        held_back = [one for one in self.kept if wanted[one] in ("delivered", "stripped")]
        none(sorted(set(held_back) - self.excused), "held, not delivered")
        both = self.sent.keys() & self.kept.keys()
        none(sorted(both - self.excused), "held and delivered")
        self.check_refused()
        self.check_doubles()

    def missing(self):
        """Numbers and names that were answered 250 and are nowhere."""
        promised = {(number, name) for number, names in self.taken.items() for name in names}
        return sorted(promised - self.sent.keys() - self.kept.keys())

    def doubles(self):
        """Numbers and names that were delivered, or held, more than once: how often more."""
        return more_than_one(self.sent), more_than_one(self.kept)

    def is_damaged(self, copy):
        number = int(copy.number)
        if {self.mail.is_for(number, name) for name in copy.names} == {"stripped"}:
            return copy.program == "1"
        return not self.mail.is_whole(number, copy.digest)

    def check_refused(self):
        """Refused for good is what the policy refuses, or what the next hop did."""
        for (number, name), said in self.never.items():
            by_us = self.mail.is_for(number, name) == "refused" and not self.trial.is_queue
            assert by_us or b"injected" in said, (number, name, said)
        served = [one for one in self.never if self.sent[one] and not self.unclear[one[0]]]
        none(sorted(served), "refused and delivered")

    def check_doubles(self):
        """Each second copy has a try whose end was not heard, or is a line of the log."""
        doubles, again = self.doubles()
        odd = [one for one, more in doubles.items() if more > self.unclear[one[0]]]
        none(sorted(odd), "delivered twice without a reason")
        odd = [one for one, more in again.items() if more > self.unclear[one[0]]]
        none(sorted(odd), "held twice without a reason")
        if not self.trial.is_relayed:
            answered = Counter(one[0] for one in doubles if not self.lost[one[0]])
            assert len(answered) <= self.told, f"doubles that the log does not tell: {answered}"

    @property
    def told(self):
        """How often the log says that a second copy may be made."""
        return self.trial.service.log().count(MAY_HAVE)

    def figures(self):
        """What to print."""
        doubles, _ = self.doubles()
        return {
            "answered 250": len(self.taken),
            "refused for good": len({number for number, _ in self.never}),
            "recipients served": len(self.sent),
            "recipients held for": len(self.kept),
            "held for a failure or by the next hop's word": len(self.excused),
            "... and delivered by a retry": len(self.sent.keys() & self.kept.keys()),
            "originals kept": sum(one.is_original for one in self.held),
            "delivered twice": sum(doubles.values()),
            "... after a lost connection": sum(bool(self.lost[one[0]]) for one in doubles),
            "lines that say so": self.told,
            "held twice": self.kept.total() - len(self.kept),
            "ends not heard": self.lost.total(),
            "deferred at the end": self.later.total(),
        }


def more_than_one(counted):
    """How many more than one there are of each."""
    return {one: count - 1 for one, count in counted.items() if count > 1}


def none(found, what):
    """See that there is none; pytest does not look into what runpy runs."""
    assert not found, f"{what}: {found}"
