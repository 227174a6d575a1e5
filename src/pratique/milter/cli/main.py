"""Define the command `pratique`: one group, with a file for each command below it."""

import io
import os
import sys
from pathlib import Path
from typing import Any

import click

from pratique import __version__
from pratique.milter.cli.config import config
from pratique.milter.cli.doctor import doctor
from pratique.milter.cli.inspect import inspect
from pratique.milter.cli.keys import keys
from pratique.milter.cli.lists import lists
from pratique.milter.cli.policy import policy
from pratique.milter.cli.quarantine import quarantine
from pratique.milter.cli.reload import reload
from pratique.milter.cli.rules import rules
from pratique.milter.cli.scanner import scanner
from pratique.milter.cli.serve import serve
from pratique.milter.cli.session import Session, cannot_run
from pratique.milter.cli.why import why

COMMANDS = (
    *(serve, reload, inspect, quarantine, why, policy, scanner, rules, lists, keys),
    *(config, doctor),
)


class Commands(click.Group):
    """All commands.  Errors that none of them can handle end here, in words, with status 2."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run one command."""
        if sys.stdout is None:
            cannot_run("standard output is closed")
        for stream in (sys.stdout, sys.stderr):
            # A stranger's subject may have characters that the terminal's encoding lacks.
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        try:
            return super().main(*args, **kwargs)
        except OSError as error:
            # For instance a name that is too long, or a full disk.
            cannot_run(str(error))
        except UnicodeEncodeError as error:
            cannot_run(f"an argument is no UTF-8: {error}")
        finally:
            _let_go()


def _let_go() -> None:
    """Flush standard output; on failure keep Python from trying again at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pratique")
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="PRATIQUE_CONFIG",
    help="The configuration; without it the built-in defaults hold.",
)
@click.pass_context
def main(context: click.Context, config_file: Path | None) -> None:
    """Let mail in once it is shown to be free of disease.

    Pratique takes mail by SMTP, unpacks it to the last member, scans each part in a
    confined process, and delivers, refuses or holds it by the rules of your policy.

    \b
    Try it:
        pratique serve                     take mail on 127.0.0.1:10025
        pratique inspect message.eml       what is in it, and what the policy says
        pratique quarantine list           what is held
        pratique why ID                    why a message went the way it went
        pratique policy check my.toml      is my policy sound?
        pratique doctor                    is all wired as it must be?
    """
    context.obj = Session(config_file)


for _command in COMMANDS:
    main.add_command(_command)
