"""Take mail until told to stop."""

import click

from pratique.milter.cli.session import Session, cannot_run, told


@click.command()
@click.pass_obj
def serve(session: Session) -> None:
    """Take mail by SMTP and as a milter, and deliver, refuse or hold it.

    Without a configuration it listens on 127.0.0.1:10025, delivers into the Maildir
    var/maildir and holds in var/quarantine. The log goes to standard error: words on a
    terminal, one JSON object a line anywhere else. SIGTERM or Ctrl-C: what is in flight
    is finished, then it ends. `pratique reload` has it take a changed configuration.
    """
    # Imported late: `pratique --help` must not wait for what only the service needs.
    from pratique.milter import logs
    from pratique.milter.config import load
    from pratique.milter.supervisor import supervisor

    logs.set_up()
    with told():
        try:
            supervisor.run(lambda: load(session.config))
        except supervisor.CANNOT_START as error:
            cannot_run(str(error))
