"""Have the running service take a changed configuration and policy."""

import click

from pratique.milter.cli.session import Session, cannot_run

_REFUSED = 1


@click.command()
@click.pass_context
def reload(context: click.Context) -> None:
    """Have the running service take new settings and policy.

    No connection is lost: new doors take new mail, and the old ones finish what they
    have. If anything is wrong, it is told here and in the log, everything stays as it
    was, and the exit status is 1. A service that does not run: status 2.
    """
    from pratique.milter.supervisor import control

    session: Session = context.obj
    state = session.settings().state
    try:
        said = control.ask(state, "reload")
    except FileNotFoundError:
        cannot_run(f"no service runs with the state folder {state}")
    except OSError as error:
        cannot_run(f"the service does not answer: {error.strerror or error}")
    click.echo("\n".join(said.lines), err=not said.done)
    if not said.done:
        context.exit(_REFUSED)
