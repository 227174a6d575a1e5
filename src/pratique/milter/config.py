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
from pratique.milter.config_problems import ConfigError, ConfigProblem
from pratique.milter.deadline import for_looking
from pratique.milter.sections.doors import DoorsSection
from pratique.milter.sections.engines import ClamavSection, DeadlineSection
from pratique.milter.sections.keeping import (
    HealthSection,
    JournalSection,
    PolicySection,
    QuarantineSection,
)
from pratique.milter.sections.listener import Listener
from pratique.milter.sections.milter import MilterListener
from pratique.milter.sections.next_hop import NextHopSection, ReleaseSection
from pratique.milter.sections.section import Section
from pratique.milter.sections.seeing import (
    BudgetSection,
    PasswordsSection,
    ProgramsSection,
    WorkersSection,
    YaraSection,
)

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
    passwords: PasswordsSection = PasswordsSection()
    programs: ProgramsSection = ProgramsSection()
    clamav: ClamavSection = ClamavSection()
    deadline: DeadlineSection = DeadlineSection()
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
        return self

    @model_validator(mode="after")
    def _a_descriptor_can_be_passed(self) -> Self:
        socket = self.clamav.socket
        if socket is not None and socket.startswith("inet:") and self.clamav.send != "stream":
            raise ValueError("over inet clamav.send must be 'stream': no descriptor passes there")
        return self

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
    try:
        return Settings.model_validate(stated)
    except ValidationError as error:
        raise ConfigError(config_problems.of_model(error, Settings, text, name)) from error
