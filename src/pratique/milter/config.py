"""Read the configuration: one model a section, each field with its sentence.

The file is TOML.  A mistake in it stops the start and is told in the admin's words:
file, line, column, what was found, what would be right.  No key is ignored in silence.
Without a file the defaults hold: a listener on 127.0.0.1:10025, a Maildir as next hop,
and all state under `var/` in the working directory.
"""

import tomllib
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, model_validator

from pratique.milter import config_problems
from pratique.milter.config_problems import ConfigError, ConfigProblem, MisplacedError
from pratique.milter.deadline import for_looking
from pratique.milter.sections.authentication import AuthenticationSection
from pratique.milter.sections.bursts import BurstsSection
from pratique.milter.sections.doors import DoorsSection
from pratique.milter.sections.engines import ClamavSection, DeadlineSection
from pratique.milter.sections.families import FamiliesSection
from pratique.milter.sections.keeping import (
    HealthSection,
    JournalSection,
    PolicySection,
    QuarantineSection,
)
from pratique.milter.sections.listener import Listener
from pratique.milter.sections.lists import HashListSection
from pratique.milter.sections.lookups import BlockListSection, DnsSection, LinksSection
from pratique.milter.sections.milter import MilterListener
from pratique.milter.sections.more_engines import (
    CommandSection,
    EngineSection,
    HttpSection,
    IcapSection,
    engines_problem,
)
from pratique.milter.sections.next_hop import NextHopSection, ReleaseSection
from pratique.milter.sections.notices import NoticesSection
from pratique.milter.sections.scanners import ScannerSection
from pratique.milter.sections.section import Section
from pratique.milter.sections.seeing import (
    BudgetSection,
    PasswordsSection,
    ProgramsSection,
    WorkersSection,
    YaraSection,
)
from pratique.milter.sections.senders import SendersSection
from pratique.milter.sections.sent import SentSection
from pratique.milter.sections.spam_filters import RspamdSection, SpamAssassinSection
from pratique.milter.sent.domains import Domains

# A Postfix before a proxy waits 100 s (smtpd_proxy_timeout), and needs some of it itself.
LISTENER_SECONDS = 90.0


class Settings(Section):
    """The whole configuration."""

    state: Path = Field(
        Path("var"), strict=False, description="The folder of all state: quarantine, Maildir."
    )
    listener: tuple[Listener, ...] = Field(
        (),
        strict=False,
        description="SMTP listeners; one on 127.0.0.1:10025 if there is neither one nor a milter.",
    )
    milter: tuple[MilterListener, ...] = Field((), strict=False, description="Milters.")
    next_hop: NextHopSection = NextHopSection()
    policy: PolicySection = PolicySection()
    doors: DoorsSection = DoorsSection()
    workers: WorkersSection = WorkersSection()
    budget: BudgetSection = BudgetSection()
    yara: YaraSection = YaraSection()
    scanner: tuple[ScannerSection, ...] = Field(
        (), strict=False, description="Scanners of your own."
    )
    hash_list: tuple[HashListSection, ...] = Field(
        (), strict=False, max_length=32, description="Lists of hashes."
    )
    families: FamiliesSection = FamiliesSection()
    passwords: PasswordsSection = PasswordsSection()
    programs: ProgramsSection = ProgramsSection()
    clamav: ClamavSection = ClamavSection()
    icap: tuple[IcapSection, ...] = Field(
        (), strict=False, max_length=16, description="Services of ICAP servers."
    )
    command: tuple[CommandSection, ...] = Field(
        (), strict=False, max_length=16, description="Programs that look at octets."
    )
    http: tuple[HttpSection, ...] = Field(
        (), strict=False, max_length=16, description="Services that look at octets."
    )
    rspamd: RspamdSection = RspamdSection()
    spamassassin: SpamAssassinSection = SpamAssassinSection()
    links: LinksSection = LinksSection()
    dns: DnsSection = DnsSection()
    block_list: tuple[BlockListSection, ...] = Field(
        (), strict=False, max_length=16, description="Lists that are asked by DNS."
    )
    deadline: DeadlineSection = DeadlineSection()
    authentication: AuthenticationSection | None = Field(
        None, description="Who mail comes from; without this table nobody looks."
    )
    senders: SendersSection = SendersSection()
    sent: SentSection = SentSection()
    bursts: BurstsSection = BurstsSection()
    notices: NoticesSection = NoticesSection()
    quarantine: QuarantineSection = QuarantineSection()
    release: ReleaseSection = ReleaseSection()
    journal: JournalSection = JournalSection()
    health: HealthSection = HealthSection()

    @model_validator(mode="after")
    def _listeners_differ(self) -> Self:
        names = [one.name for one in self.listener] + [one.name for one in self.milter]
        addresses = [each.address for each in self.listener]
        sockets = [each.socket for each in self.milter]
        for what, values in (("name", names), ("address", addresses), ("socket", sockets)):
            if len(set(values)) < len(values):
                raise ValueError(f"two listeners have the same {what}")
        return self

    @model_validator(mode="after")
    def _lists_differ(self) -> Self:
        for kind, names in (
            ("block_list", [each.called for each in self.block_list]),
            ("hash_list", [each.name for each in self.hash_list]),
        ):
            if len(set(names)) < len(names):
                raise ValueError(f"two lists ({kind}) have the same name")
        return self

    @model_validator(mode="after")
    def _neighbours_wait_that_long(self) -> Self:
        if self.listeners and self.deadline.seconds > LISTENER_SECONDS:
            raise ValueError(
                f"with a listener deadline.seconds is {LISTENER_SECONDS:g} at most: a Postfix "
                "before it waits 100 s (smtpd_proxy_timeout)"
            )
        return self

    @model_validator(mode="after")
    def _there_is_time(self) -> Self:
        looking = for_looking(self.deadline.seconds)
        of_it = f"of deadline.seconds = {self.deadline.seconds:g} {looking:.3g} are for looking"
        if 2 * self.workers.seconds > looking:
            raise ValueError(
                f"workers.seconds = {self.workers.seconds:g} is too much: a message may be "
                f"looked at twice, and {of_it}; {looking / 2:.3g} at most"
            )
        if self.clamav.socket is not None and self.clamav.seconds > looking:
            raise ValueError(f"clamav.seconds = {self.clamav.seconds:g} is too much: {of_it}")
        for name, filter_ in (("rspamd", self.rspamd), ("spamassassin", self.spamassassin)):
            if filter_.address is not None and filter_.seconds > looking:
                raise ValueError(f"{name}.seconds = {filter_.seconds:g} is too much: {of_it}")
        for kind, engine in self.engines:
            if engine.seconds > looking:
                raise ValueError(
                    f"{kind} {engine.name!r}: seconds = {engine.seconds:g} is too much: {of_it}"
                )
        return self

    @model_validator(mode="after")
    def _engines_differ(self) -> Self:
        if problem := engines_problem([engine.name for _, engine in self.engines]):
            raise ValueError(problem)
        return self

    @model_validator(mode="after")
    def _a_descriptor_can_be_passed(self) -> Self:
        socket = self.clamav.socket
        if socket is not None and socket.startswith("inet:") and self.clamav.send != "stream":
            raise ValueError("over inet clamav.send must be 'stream': no descriptor passes there")
        return self

    @model_validator(mode="after")
    def _knows_what_is_ours(self) -> Self:
        if self.sent.keys is None:
            return self
        ours = Domains(self.own_domains)
        if not ours.all:
            raise MisplacedError(
                ("sent", "keys"),
                "with keys it must be known which domains are ours: write own_domains = "
                "['example.org'] into [links], or name the domains of a listener",
            )
        for place, one in enumerate(self.sent.batv):
            if not ours.has(one.domain.lstrip(".")):
                raise MisplacedError(
                    ("sent", "batv", place, "domain"),
                    f"{one.domain!r} is none of ours ({', '.join(ours.all)}): add it to "
                    "own_domains in [links]",
                )
        return self

    @model_validator(mode="after")
    def _trusts_listeners_that_are_there(self) -> Self:
        if self.authentication is None:
            return self
        there = [one.name for one in self.listeners] + [one.name for one in self.milter]
        for name in self.authentication.trusted_listeners:
            if name not in there:
                raise MisplacedError(
                    ("authentication", "trusted_listeners"),
                    f"no listener and no milter is called {name!r}; there is: {', '.join(there)}",
                )
        return self

    @model_validator(mode="after")
    def _notices_can_leave(self) -> Self:
        wants = self.notices.addresses and self.notices.next_hop is None
        if wants and self.milter and "next_hop" not in self.model_fields_set:
            raise MisplacedError(
                ("notices", "addresses"),
                "a milter hands no mail on, so nothing says where notices go: write next_hop = "
                "'127.0.0.1:25' into [notices], a mail server that takes them",
            )
        return self

    @property
    def own_domains(self) -> tuple[str, ...]:
        """Domains of ours: those that are named, or those that the listeners take mail for."""
        if self.links.own_domains is not None:
            return self.links.own_domains
        listed = (one.lstrip(".") for each in self.listeners for one in each.domains)
        return tuple(dict.fromkeys(listed))

    @property
    def engines(self) -> list[tuple[str, EngineSection]]:
        """The engines in arrays of tables, each with the array's name."""
        named = {"icap": self.icap, "command": self.command, "http": self.http}
        return [(kind, each) for kind, sections in named.items() for each in sections]

    @property
    def listeners(self) -> tuple[Listener, ...]:
        """`listener`, or the default one where nothing else takes mail."""
        if self.listener or self.milter:
            return self.listener
        return (Listener(reply="sender"),)


def load(path: Path | None) -> Settings:
    """The settings of a file, or the defaults.  Raises ConfigError, with all problems."""
    if path is None:
        return Settings()
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([ConfigProblem(str(path), 0, 0, str(error))]) from error
    return parse(text, str(path))


def parse(text: str, name: str) -> Settings:
    """The settings that a TOML text states.  Raises ConfigError."""
    try:
        stated = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([config_problems.of_toml(error, name)]) from error
    except RecursionError as error:
        nested = ConfigProblem(name, 0, 0, "too many brackets within each other")
        raise ConfigError([nested]) from error
    try:
        settings = Settings.model_validate(stated)
    except ValidationError as error:
        raise ConfigError(config_problems.of_model(error, Settings, text, name)) from error
    for number, section in enumerate(settings.scanner):
        section.stands_at(config_problems.places_in(text, name, ("scanner", number)))
    return settings
