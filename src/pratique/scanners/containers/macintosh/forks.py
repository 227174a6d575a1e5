"""Give the forks of an old Macintosh file: what other systems call the file, and resources.

MacBinary, AppleSingle and AppleDouble have them both; a program of today shows the data
fork under the file's own name, and drops the other.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pratique.scanners.containers.archive import fill_from
from pratique.scanners.containers.gather import Gather, pieces_of
from pratique.scanners.part import Found, Member
from pratique.scanners.text import to_text


@dataclass(frozen=True, slots=True)
class Fork:
    """A fork's octets; the name is that of the file."""

    step: str
    raw_name: bytes
    octets: memoryview
    resources: bool = False


def give(fork: Fork, gather: Gather) -> Iterator[Found]:
    """The fork as a member."""
    name, bad = to_text(fork.raw_name)
    if bad:
        name, bad = to_text(fork.raw_name, "mac_roman")
    member = Member(step=f"{fork.step}:{name}{'/resources' if fork.resources else ''}")
    member.raw_name = fork.raw_name if bad else b""
    member.name = "" if fork.resources else name
    yield from fill_from(member, pieces_of(fork.octets), len(fork.octets), gather)
