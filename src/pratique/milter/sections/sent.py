"""State what an admin may set for the mail that we send, and for what proves its bounces."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from pratique.milter.config_types import Domain, Network, Octets
from pratique.milter.sections.section import Section
from pratique.milter.sent.day import WINDOW


class BatvSection(Section):
    """A domain whose reverse-paths are tagged (BATV)."""

    domain: Domain = Field(description="The domain; with a dot in front its subdomains.")
    form: Literal["prefix", "subaddress"] = Field(
        "prefix",
        description="`prefix`: prvs=TAG=local@domain, as the draft has it.  `subaddress`: "
        "local+prvs=TAG@domain, which a mail server with sub-addresses delivers by itself.",
    )
    delimiter: Literal["+", "-", "="] = Field(
        "+", description="What a sub-address begins with (Postfix: recipient_delimiter)."
    )

    @property
    def sign(self) -> Literal["", "+", "-", "="]:
        """What stands between a local part and the tag behind it; empty if it is in front."""
        return self.delimiter if self.form == "subaddress" else ""

    def covers(self, domain: str) -> bool:
        """True for an address in this domain."""
        name = domain.lower()
        return name.endswith(self.domain) if self.domain.startswith(".") else name == self.domain


class SentSection(Section):
    """What is stamped on mail that we send, and remembered of it."""

    keys: Path | None = Field(
        None,
        strict=False,
        description="The file of the keys that sign it, made by `pratique keys new FILE`.  "
        "Without it nothing is stamped and nothing is remembered.",
    )
    networks: tuple[Network, ...] = Field(
        (),
        strict=False,
        max_length=1000,
        description="Networks of our own clients: mail of theirs is outgoing, as that of whoever "
        "has authenticated is (a listener with `direction` knows better).",
    )
    keep_days: int = Field(
        14,
        ge=WINDOW,
        le=60,
        description="Days for which is known what was sent; a stamp holds for seven.",
    )
    max_size: Octets = Field(
        4 * 1024**3,
        ge=64 * 1024**2,
        description="Disk for what is remembered, all days together; a day has its share, and "
        "what does not fit is not remembered.",
    )
    complete: bool = Field(
        False,
        description="All mail of our domains passes this host, and what it does not remember was "
        "never sent: that speaks against a bounce (`never_sent`).",
    )
    batv: tuple[BatvSection, ...] = Field(
        (), strict=False, max_length=1000, description="Domains whose reverse-paths are tagged."
    )

    @model_validator(mode="after")
    def _domains_differ(self) -> Self:
        domains = [each.domain for each in self.batv]
        if len(set(domains)) < len(domains):
            raise ValueError("two tables [[sent.batv]] have the same domain")
        if self.batv and self.keys is None:
            raise ValueError(
                "[[sent.batv]] needs keys: make a file with `pratique keys new FILE` and write "
                "keys = 'FILE' in [sent]"
            )
        return self

    @model_validator(mode="after")
    def _remembers_something(self) -> Self:
        if self.complete and self.keys is None:
            raise ValueError(
                "complete = true needs keys, for without them nothing is remembered: make a file "
                "with `pratique keys new FILE` and write keys = 'FILE' in [sent]"
            )
        return self

    @model_validator(mode="after")
    def _are_not_everybody(self) -> Self:
        if any(network.endswith("/0") for network in self.networks):
            raise ValueError(
                "mail of anybody would be taken for ours: name the networks of your own clients, "
                "networks = ['10.0.0.0/8'], or write direction = 'outbound' for a listener that "
                "takes nothing else"
            )
        return self

    @property
    def octets_a_day(self) -> int:
        """How large the file of a day may become: today's, and one a day that is kept."""
        return self.max_size // (self.keep_days + 2)

    def batv_of(self, domain: str) -> BatvSection | None:
        """How the addresses of a domain are tagged; None if they are not."""
        return next((each for each in self.batv if each.covers(domain)), None)
