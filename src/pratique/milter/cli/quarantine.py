"""Let an admin look at held messages and decide: release, delete, or leave them be.

Everything that a stranger wrote goes through `printable`; content is never shown on a
terminal, only written to a file.  The commands run alongside the service and share only the
disk with it, so each message has a lock and two admins cannot send it twice.
"""

import asyncio
import os
import pwd
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, ParamSpec

import click

from pratique.milter.cli.quarantine_shown import (
    columns,
    say_done,
    say_json,
    say_kept,
    say_outcome,
    say_table,
)
from pratique.milter.cli.screen import printable
from pratique.milter.cli.session import Session
from pratique.milter.config import Settings

if TYPE_CHECKING:
    from pratique.milter.quarantine.release import Order, Outcome
    from pratique.milter.quarantine.store import Quarantine

Arguments = ParamSpec("Arguments")

_STAGES = ("held", "kept_original", "releasing", "released", "unsure", "damaged")

# Octets copied in one step; see `mail.CHUNK`.
_CHUNK = 256 * 1024

RELEASE_IS_OFF = """\
release is off: nobody said where released messages go. Put this in the configuration:

    [release]
    next_hop = "127.0.0.1:10026"

It is the address of the mail server that takes them, by SMTP. A message that comes back
unchanged through Pratique's own doors from there is let through once, by its token."""


@click.group()
def quarantine() -> None:
    """Look at held messages and decide what becomes of them.

    A message is held when the policy says so. It stays until it is released, deleted or
    expired; nothing is sent to anybody meanwhile.

    \b
        pratique quarantine list
        pratique quarantine show 20251122T021005-3f9a1c2b
        pratique quarantine release 20251122T021005-3f9a1c2b
    """


def _told(command: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """Report what cannot be done in one line, without a traceback."""

    @wraps(command)
    def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        # Imported late: `pratique --help` must not wait for a database library.
        from pratique.milter.quarantine.folders import QuarantineError
        from pratique.milter.sent.keys import KeysError
        from pratique.milter.stores.key import NoKeyError

        try:
            command(*args, **kwargs)
        except BrokenPipeError:
            # `list | head`: click ends quietly.
            raise
        except (QuarantineError, KeysError, NoKeyError, OSError) as error:
            raise click.ClickException(printable(str(error))) from error

    return run


json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
id_argument = click.argument("message_id", metavar="ID")


@quarantine.command("list")
@click.option("--state", "stage", type=click.Choice(_STAGES), help="Only those in this state.")
@json_option
@click.pass_obj
@_told
def list_(session: Session, stage: str | None, as_json: bool) -> None:
    """List the messages in quarantine, oldest first.

    \b
    held            waits for you
    releasing       is being sent just now
    released        was sent to all its recipients; kept until it expires
    unsure          a release was cut off: it may have been sent, or not
    damaged         its folder cannot be read; look at it by hand
    kept_original   what was delivered changed, as it came; nobody has to decide
    """
    with _opened(session.settings()) as store:
        found = (one for one in store.messages() if stage in (None, one.state))
        if as_json:
            for one in found:
                say_json(one.to_json())
        elif sys.stdout.isatty():
            say_table(found)
        else:
            for one in found:
                click.echo("\t".join(columns(one)))


@quarantine.command()
@id_argument
@click.option("--raw", is_flag=True, help="The message itself, as it came.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write --raw to this file.")
@json_option
@click.pass_obj
@_told
def show(session: Session, message_id: str, raw: bool, output: Path | None, as_json: bool) -> None:
    """Show what is known of a message: envelope, verdicts, facts, what was done.

    The content is never shown here: it may be written to harm whoever looks at it.
    --raw writes it to a new file, or to a pipe.

    \b
        pratique quarantine show ID
        pratique quarantine show --raw -o message.eml ID
    """
    if output and not raw:
        raise click.UsageError("-o goes with --raw")
    with _opened(session.settings()) as store:
        if raw:
            _copy_content(store, message_id, output)
            return
        kept = store.show(message_id)
        known = kept.record.to_json() | kept.state.to_json() | {"state": str(kept.stage)}
    if as_json:
        say_json(known)
    else:
        say_kept(kept, known)


@quarantine.command()
@id_argument
@click.option("--recipient", "recipients", multiple=True, help="Only to this one; repeatable.")
@click.option("--again", is_flag=True, help="Send even what may have been sent before.")
@json_option
@click.pass_obj
@_told
def release(
    session: Session, message_id: str, recipients: tuple[str, ...], again: bool, as_json: bool
) -> None:
    """Send a message to its recipients.

    It goes to the next hop of the section [release], to those recipients who do not
    have it yet. If the next hop refuses one of them, nothing is sent, and you are told
    which one.

    If that server sends it through Pratique once more, it passes once, unless it was
    changed on its way back (a Message-ID added, an address rewritten): then it is held
    again. Fields put in front of it, like Received, do no harm.

    A message that is `unsure` may have been sent before a crash. Look whether it arrived;
    if not, --again sends it.

    \b
        pratique quarantine release ID
        pratique quarantine release --recipient ann@example.org ID
    """
    from pratique.milter.quarantine.release import Order

    order = Order(recipients, again, _who())
    with _opened(session.settings()) as store:
        outcome = asyncio.run(_release(session, store, message_id, order))
    say_outcome(outcome, as_json=as_json)
    if not outcome.sent:
        sys.exit(1)


@quarantine.command()
@click.argument("message_ids", metavar="ID...", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
@_told
def delete(session: Session, message_ids: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Delete messages for good.

    \b
        pratique quarantine delete --yes ID ID
    """
    with _opened(session.settings()) as store:
        if not yes:
            click.confirm(f"Delete {len(message_ids)} for good?", abort=True, err=True)
        for message_id in message_ids:
            store.delete(message_id)
            say_done("deleted", message_id, as_json=as_json)


@quarantine.command()
@click.option("--days", type=click.IntRange(0, 36_500), help="Instead of [quarantine] keep_days.")
@json_option
@click.pass_obj
@_told
def expire(session: Session, days: int | None, as_json: bool) -> None:
    """Delete what is older than [quarantine] keep_days; for a timer.

    What is being released, unsure or damaged stays: only a person can judge it.
    """
    settings = session.settings()
    age = timedelta(days=settings.quarantine.keep_days if days is None else days)
    with _opened(settings) as store:
        for message_id in store.expire(age):
            say_done("expired", message_id, as_json=as_json)


@quarantine.command()
@json_option
@click.pass_obj
@_told
def reindex(session: Session, as_json: bool) -> None:
    """Make the index anew from the folders, which are the truth.

    Never needed in daily life: a damaged index is noticed, kept aside and made anew.
    """
    with _opened(session.settings()) as store:
        if not store.reindex():
            raise click.ClickException("the index could not be made anew; the log says why")
        number = sum(1 for _ in store.messages())
    if as_json:
        say_json({"reindexed": number})
    else:
        click.echo(f"{number} messages in the index")


@contextmanager
def _opened(settings: Settings) -> "Iterator[Quarantine]":
    from pratique.milter.quarantine.store import Quarantine

    folder = settings.state / "quarantine"
    if not folder.is_dir():
        raise click.ClickException(f"there is no quarantine at {folder}: nothing was ever held")
    _be_the_owner(folder)
    store = Quarantine(folder)
    try:
        yield store
    finally:
        store.close()


def _be_the_owner(folder: Path) -> None:
    # The service could no longer read what root writes here.
    owner = folder.stat().st_uid
    if owner == os.geteuid():
        return
    name = _user(owner)
    raise click.ClickException(f"{folder} belongs to {name}: run this as `sudo -u {name} ...`")


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"#{number}"


def _who() -> str:
    return os.environ.get("SUDO_USER") or _user(os.getuid())


async def _release(
    session: Session, store: "Quarantine", message_id: str, order: "Order"
) -> "Outcome":
    next_hop = session.release_next_hop()
    if next_hop is None:
        raise click.ClickException(RELEASE_IS_OFF)
    try:
        return await store.release(message_id, next_hop, order, session.leaving())
    finally:
        await next_hop.close()


def _copy_content(store: "Quarantine", message_id: str, output: Path | None) -> None:
    with os.fdopen(store.content(message_id), "rb") as content:
        if output:
            # A new file, readable only by us: an admin's slip must not overwrite another one.
            fresh = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(fresh, "wb") as target:
                _copy(content, target)
        else:
            _copy(content, sys.stdout.buffer)


def _copy(content: BinaryIO, target: BinaryIO) -> None:
    if target.isatty():
        raise click.UsageError("a content is never shown on a terminal: say -o FILE")
    while chunk := content.read(_CHUNK):
        target.write(chunk)
    target.flush()
