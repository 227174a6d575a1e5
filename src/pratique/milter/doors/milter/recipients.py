"""Map recipients that bear our tag at the mail server, and are plain to us.

A milter cannot rewrite a recipient: the one that came is removed, and the plain one is
added, with the parameters of the first (RFC 3461).  Where the plain one came as well, it
is there already, and adding it would make a second copy.
"""

from collections.abc import Collection
from dataclasses import dataclass

from pratique.milter.mail import Forward


@dataclass(frozen=True, slots=True)
class Recipients:
    """The recipients of one message, as they came; some bear our tag beside their address."""

    came: tuple[Forward, ...]

    @property
    def merged(self) -> tuple[Forward, ...]:
        """The recipients as we see them: of several forms of one address, only the first."""
        first: dict[str, Forward] = {}
        for forward in self.came:
            first.setdefault(forward.address, forward)
        return tuple(
            forward for forward in self.came if forward.tagged == first[forward.address].tagged
        )

    def without(self, stay: Collection[str]) -> tuple[Forward, ...]:
        """Return those to remove if these addresses stay, by the address that the server has."""
        return tuple(
            Forward(forward.tagged or forward.address, forward.parameters)
            for forward in self.came
            if forward.tagged or forward.address not in stay
        )

    def instead(self, stay: Collection[str]) -> tuple[Forward, ...]:
        """Return those to add; the tag of each says which one it replaces."""
        known = {forward.address for forward in self.came if not forward.tagged}
        added: dict[str, Forward] = {}
        for forward in self.came:
            if forward.tagged and forward.address in stay and forward.address not in known:
                added.setdefault(forward.address, forward)
        return tuple(added.values())
