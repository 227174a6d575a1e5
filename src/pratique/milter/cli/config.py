"""Check a configuration before a service depends on it."""

import asyncio

import click

from pratique.milter.cli.session import Session, cannot_run, told
from pratique.milter.config import Settings
from pratique.milter.config_problems import ConfigError


@click.group()
def config() -> None:
    """Check the configuration."""


@config.command()
@click.pass_obj
def check(session: Session) -> None:
    """Say what is wrong with the configuration, and what it means where it is right.

    \b
        pratique --config pratique.toml config check
    """
    # Imported late: `pratique --help` must not wait for CEL.
    from pratique.milter.assembly import policy_of

    settings = session.settings()
    with told():
        policy_of(settings.policy.file, settings)
    _say_doors(settings)
    if settings.yara.folders:
        _check_rules(settings)
    if settings.scanner:
        _check_scanners(settings)
    _check_lists(settings)
    _check_sent(settings)
    click.echo(f"next hop {settings.next_hop}")
    click.echo(f"policy   {settings.policy.file}")
    click.echo(f"state    {settings.state.absolute()}")
    if settings.release.next_hop is None:
        click.echo(
            "release  off: held messages cannot be released before [release] next_hop is set"
        )
    else:
        click.echo(f"release  to {settings.release.next_hop}")
    if settings.workers.confinement != "full":
        click.echo("warning: workers.confinement leaves landlock out; seccomp alone holds workers")
    click.echo("the configuration is sound")


def _say_doors(settings: Settings) -> None:
    """Say which doors take mail."""
    for listener in settings.listeners:
        who = ", ".join((*listener.domains, *listener.relay_networks)) or "nobody"
        click.echo(
            f"listener {listener.name} on {listener.address}, its {listener.reply} hears the "
            f"reply, takes mail for: {who}"
        )
    for milter in settings.milter:
        click.echo(
            f"milter   {milter.name} on {milter.socket}, its {milter.reply} hears the reply, "
            f"quarantine: {milter.quarantine}"
        )


def _check_lists(settings: Settings) -> None:
    """Say which lists of hashes there are, and whether a service could start with them."""
    from pratique.milter.families import families_of
    from pratique.milter.lists import building
    from pratique.scanners.hash_list import WrongList

    try:
        families_of(settings.families)
    except ConfigError as error:
        cannot_run(str(error))
    for section in settings.hash_list:
        try:
            with building.opened(section.file(settings.state)) as built:
                lack = building.lacks(built.counts["tlsh"])
        except FileNotFoundError:
            lack = "it is not built, or not with these settings: run `pratique lists build`"
        except (OSError, WrongList) as error:
            lack = f"{error}: run `pratique lists build`"
        if lack:
            cannot_run(f"list {section.name}: {lack}")
        click.echo(f"list     {section.name}, {section.severity}, of {section.feed}")


def _check_sent(settings: Settings) -> None:
    """Say what is stamped on mail that we send, and whether the keys can be used."""
    from pratique.milter.sent.keys import KeysError, read

    section = settings.sent
    if section.keys is None:
        return
    try:
        keys = read(section.keys)
    except KeysError as error:
        cannot_run(str(error))
    first = keys.signing
    click.echo(
        f"sent     key {first.number} of {first.made_on} in {section.keys} signs, of "
        f"{len(keys.all)}; ours is: {', '.join(settings.own_domains)}"
    )
    if section.complete:
        click.echo("sent     what is not remembered was never sent, from the ninth day on")
    for one in section.batv:
        click.echo(f"sent     reverse-paths of {one.domain} are tagged, form {one.form}")


def _check_rules(settings: Settings) -> None:
    """Start a nursery that loads all rules that the service's would, and close it."""
    from pratique.milter.assembly import setup_of
    from pratique.milter.wall.nursery import Nursery

    setup = setup_of(settings)
    # The service would not trust a cache written by the user who runs this, say root.
    setup.ClearField("rule_cache")

    async def load() -> None:
        (await Nursery.start(setup)).close()

    with told():
        asyncio.run(load())
    for folder in settings.yara.folders:
        click.echo(f"rules    {folder}")


def _check_scanners(settings: Settings) -> None:
    """Have a nursery load the admin's own scanners: their code is never run in this process."""
    from pratique.milter.assembly import setup_of
    from pratique.milter.scanner_trial import loaded

    with told():
        own = [one for one in asyncio.run(loaded(setup_of(settings))) if one.is_own]
    for one in own:
        click.echo(f"scanner  {one.name} {one.version}, {one.wants}")
