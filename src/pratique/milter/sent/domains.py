"""Recognize our domains, and what is below them."""

from dataclasses import dataclass

from pratique.milter.sent import names


@dataclass(frozen=True, slots=True)
class Domains:
    """Our domains, and what is below them."""

    all: tuple[str, ...]

    def has(self, host: str) -> bool:
        """Whether a host is ours."""
        name = host.lower().rstrip(".")
        return any(name == one or name.endswith(f".{one}") for one in self.all)

    def has_address(self, address: str) -> bool:
        """Whether the domain of an address, or of a Message-ID, is ours."""
        return self.has(names.address(address).rpartition("@")[2].rstrip(">"))
