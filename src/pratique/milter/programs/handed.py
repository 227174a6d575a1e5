"""Describe a part that a worker handed out, and what a program made of one."""

from dataclasses import dataclass

from pratique.milter.mail import Content
from pratique.scanners.wall_pb2 import Extra


@dataclass(frozen=True, slots=True)
class Handed:
    """A part for an outside program, or for engines: its octets in a sealed memfd, unread.

    `type` is what the worker takes it for, `sha256` is what this side computed, and `passwords`
    are words that may open it, the most likely first.
    """

    type: str
    sha256: str
    passwords: tuple[str, ...]
    content: Content
    # For engines, not for a program.
    shown: bool = False
    # Also for engines that are shown the message, since they do not find this part in it.
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What a program made of a part: a tar archive in a sealed memfd, unread."""

    extra: Extra
    content: Content
