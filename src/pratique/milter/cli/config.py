"""Check a configuration as it is written, before a service depends on it."""

import click

from pratique.milter.cli.session import Session, told


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
        policy_of(settings.policy.file)
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
