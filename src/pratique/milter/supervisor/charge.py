"""Hand a door what it is to serve by: settings and keys in its order, policies beside it.

Policies go as a sealed memfd: a list of a million addresses has 30 MB, too much for a frame,
and is read from there once.  A door that is restarted serves by what is in force, not by
what its files contain by then.
"""

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pratique.milter.content import content_of
from pratique.milter.policy_file import PolicyFile
from pratique.milter.sent.keyring import Keyring
from pratique.milter.supervisor.orders import Order
from pratique.policies.written.beside import Beside


@dataclass(frozen=True, slots=True)
class Policies:
    """The policy that decides, and one that is asked beside it without effect."""

    enforced: PolicyFile
    shadow: PolicyFile | None = None

    def written(self) -> bytes:
        """Return the policies as octets."""
        both = [self.enforced, self.shadow] if self.shadow else [self.enforced]
        return json.dumps([_written(one) for one in both], ensure_ascii=False).encode(
            "utf-8", "surrogatepass"
        )

    @classmethod
    def read(cls, octets: bytes) -> "Policies":
        """Return the policies that `written` turned into octets."""
        return cls(*(_read(one) for one in json.loads(octets.decode("utf-8", "surrogatepass"))))

    @classmethod
    def taken_over(cls, descriptor: int) -> "Policies":
        """Read the policies from the descriptor of an order, and close it."""
        with os.fdopen(descriptor, "rb") as file:
            # All doors share the descriptor's file offset, so reading must not move it.
            return cls.read(os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0))


@dataclass(frozen=True, slots=True)
class Charge:
    """What a door is to serve by: the same for all its processes."""

    # As JSON.
    settings: str
    policies: bytes
    # The secret keys.
    ring: Keyring | None = None

    @contextlib.contextmanager
    def order(self, control: int, sockets: Sequence[int] = ()) -> Iterator[Order]:
        """Return the order to serve by it, with a nursery's control; valid within the block."""
        body = {
            "settings": self.settings,
            **(self.ring.written() if self.ring is not None else {}),
        }
        with contextlib.closing(content_of([self.policies])) as sealed:
            yield Order("serve", body, (control, sealed.descriptor, *sockets))


def _written(found: PolicyFile) -> dict[str, object]:
    return {
        "name": found.name,
        "text": found.text,
        "folder": str(found.folder),
        "beside": found.beside.written(),
    }


def _read(written: dict[str, object]) -> PolicyFile:
    name, text, folder = (str(written[key]) for key in ("name", "text", "folder"))
    beside = written["beside"]
    assert isinstance(beside, dict)
    return PolicyFile(name, text, Path(folder), Beside.read(beside))
