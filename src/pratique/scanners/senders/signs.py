"""Say how a message pretends to come from somebody else: each sign a word and what was seen.

A sign is what stands there, and no accusation.  Lists write in the names of their members,
shops have their answers sent elsewhere, and somebody may be called as we are; so what looks
alike but honest mail has as well is told by words of its own, and the policy weighs it.
"""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.links.host import is_public_address, to_unicode
from pratique.scanners.links.own import Own
from pratique.scanners.report import DETAIL, shorten
from pratique.scanners.senders import shown
from pratique.scanners.senders.authors import domain_of, host_of, organisation
from pratique.scanners.senders.by_list import ByList
from pratique.scanners.senders.people import People

# RFC 5322 3.6.2 allows several authors; of 1,400 mails that people collected for being odd
# none has more than three.
ADDRESSES = 20
_TEXT = 100


@dataclass(frozen=True, slots=True)
class Seen:
    """What the signs are looked for in."""

    mail: facts.Mail
    envelope: facts.Envelope
    by_list: ByList

    def addresses(self) -> list[tuple[str, facts.Address]]:
        """The author that a reader is shown, and where an answer goes; by field."""
        header = self.mail.header
        found = [("From", each) for each in header.from_[:ADDRESSES]]
        # Most mail has none of these.
        if header.sender:
            found += [("Sender", each) for each in header.sender[:ADDRESSES]]
        if header.reply_to:
            found += [("Reply-To", each) for each in header.reply_to[:ADDRESSES]]
        return found

    def too_many(self) -> str:
        """Which field has more addresses than are looked at; empty for none."""
        header = self.mail.header
        if len(header.from_) > ADDRESSES:
            return "From"
        if len(header.sender) > ADDRESSES:
            return "Sender"
        return "Reply-To" if len(header.reply_to) > ADDRESSES else ""


class Signs:
    """All signs, for who we are."""

    def __init__(self, own: Own, people: People) -> None:
        self._own = own
        self._people = people

    def of(self, seen: Seen) -> list[facts.SpoofSign]:
        """The signs that a message has, each once."""
        addresses = seen.addresses()
        found = dict.fromkeys(self._of_names(addresses))
        if self._own.any:
            found |= dict.fromkeys(self._of_domains(addresses))
        if seen.mail.header.reply_to:
            found |= dict.fromkeys(self._of_answers(seen))
        # Where the settings name no domain as ours, nobody can pretend to be us.
        of_stranger = dict.fromkeys(self._of_stranger(seen)) if self._own.any else {}
        if of_stranger and self._is_from_outside(seen):
            found |= of_stranger
        return [
            facts.SpoofSign(kind=kind, detail=shorten(detail, DETAIL)) for kind, detail in found
        ]

    def _is_from_outside(self, seen: Seen) -> bool:
        """Whether nothing says that somebody of ours sent it; unknown is outside."""
        envelope = seen.envelope
        if seen.mail.direction != "inbound" or envelope.authenticated:
            return False
        client = envelope.client
        return not (self._own.has(host_of(client.name)) or _is_private(client.ip))

    def _of_names(self, found: list[tuple[str, facts.Address]]) -> Iterator[tuple[str, str]]:
        for field, each in found:
            if each.display_name:
                yield from self._of_name(field, each)

    def _of_name(self, field: str, each: facts.Address) -> Iterator[tuple[str, str]]:
        """What a display name shows, and is not so."""
        for address, via in shown.addresses(each.display_name):
            if not shown.is_same(address, each.address):
                yield ("name_via" if via else "name_is_address"), _behind(field, each)
        named = self._people.named(each.display_name)
        if named is None or each.address.lower() in named.addresses:
            return
        if not self._own.has(domain_of(each)):
            detail = f"{_behind(field, each)}, not {named.name}"
            yield ("name_via" if named.via else "name_of_ours"), detail

    def _of_domains(self, found: list[tuple[str, facts.Address]]) -> Iterator[tuple[str, str]]:
        for field, each in found:
            host = host_of(each.domain)
            if (likeness := self._own.likeness(host)) is not None:
                how = f"{likeness.how}: {likeness.domain}"
                yield "lookalike", f"{field}: {_cut(to_unicode(host))}, {how}"

    def _of_answers(self, seen: Seen) -> Iterator[tuple[str, str]]:
        """Where an answer goes; one that goes to us deceives nobody."""
        header = seen.mail.header
        authors = {domain_of(each) for each in header.from_[:ADDRESSES]} - {""}
        organisations = {organisation(one) for one in authors}
        for each in header.reply_to[:ADDRESSES]:
            host = domain_of(each)
            if not authors or not host or organisation(host) in organisations:
                continue
            if self._own.has(host):
                continue
            by_list = seen.by_list.is_its(host) or any(map(seen.by_list.is_its, authors))
            detail = f"Reply-To: {_cut(each.address)}, From: {_cut(header.from_[0].address)}"
            yield ("reply_by_list" if by_list else "reply_elsewhere"), detail

    def _of_stranger(self, seen: Seen) -> Iterator[tuple[str, str]]:
        for each in seen.mail.header.from_[:ADDRESSES]:
            if self._own.has(domain_of(each)):
                yield "own_domain", f"From: {_cut(each.address)}"
        client = seen.envelope.client
        who = client.ip or "a client that is not known"
        if self._own.has(host_of(client.helo)):
            yield "own_greeting", f"{_cut(client.helo)}, said by {who}"
        reverse_path = seen.envelope.reverse_path
        if self._own.has(host_of(reverse_path.rpartition("@")[2])):
            yield "own_reverse_path", f"{_cut(reverse_path)}, said by {who}"


def _behind(field: str, each: facts.Address) -> str:
    return f"{field} shows {_cut(each.display_name)}, behind it is {_cut(each.address)}"


def _cut(text: str) -> str:
    return shorten(" ".join(text.split()), _TEXT)


def _is_private(ip: str) -> bool:
    """Whether a client is in a net of one's own (RFC 1918, 4193, 6598), or this machine."""
    try:
        plain = str(ipaddress.ip_address(ip))
    except ValueError:
        return False
    return not is_public_address(f"[{plain}]" if ":" in plain else plain)
