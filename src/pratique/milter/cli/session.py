"""Know which configuration the admin chose, and read it when a command needs it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from pratique.milter.config import Settings, load
from pratique.milter.config_problems import ConfigError

if TYPE_CHECKING:
    from pratique.milter.next_hop import NextHop
    from pratique.milter.quarantine.release import Leaving

# sysexits(3) has 78 for this, but the design and shells agree on 2: could not run.
CANNOT_RUN = 2


@dataclass(frozen=True, slots=True)
class Session:
    """What every command receives."""

    config: Path | None

    def settings(self) -> Settings:
        """Return the settings; exit with all that is wrong with them."""
        try:
            return load(self.config)
        except ConfigError as error:
            cannot_run(str(error))

    def release_next_hop(self) -> "NextHop | None":
        """Return where released mail goes; None if release is off.  Called in a running loop."""
        from pratique.milter.assembly import release_hop_of

        return release_hop_of(self.settings())

    def leaving(self) -> "Leaving":
        """Return what stamps released mail of ours."""
        from pratique.milter.restamping import Restamping

        settings = self.settings()
        return Restamping(settings.sent, settings.state, settings.own_domains)


def cannot_run(message: str) -> NoReturn:
    """Say why and end with status 2."""
    click.echo(message, err=True)
    sys.exit(CANNOT_RUN)


@contextmanager
def told() -> Iterator[None]:
    """Report in one place what keeps a command from running: policy, rules, workers, files."""
    # Imported late: `pratique --help` must not wait for CEL.
    from pratique.milter.policy_file import NoPolicy
    from pratique.milter.wall.faults import NurseryLost, NurseryUnfit
    from pratique.policies.written.problem import PolicyError, one_line

    try:
        yield
    except PolicyError as error:
        cannot_run("\n".join(one_line(problem) for problem in error.problems))
    except BrokenPipeError:
        # `inspect ... | head`: click ends quietly.
        raise
    except PermissionError as error:
        if error.filename is None:
            cannot_run(str(error))
        cannot_run(f"{error.filename}: {error.strerror}; run it as root or as the service's user")
    except (NoPolicy, NurseryLost, NurseryUnfit, OSError) as error:
        cannot_run(str(error))
