"""Know a domain of ours, and what is below it."""

from dataclasses import dataclass

from pratique.milter.sent import names


@dataclass(frozen=True, slots=True)
class Domains:
    """Domains of ours, and what is below them."""

    all: tuple[str, ...]

    def has(self, host: str) -> bool:
        """Whether a host is ours."""
        name = host.lower().rstrip(".")
        return any(name == one or name.endswith(f".{one}") for one in self.all)

    def has_address(self, address: str) -> bool:
        """Whether an address, or a Message-ID, is of ours."""
        return self.has(names.address(address).rpartition("@")[2].rstrip(">"))
