"""Look at messages in files without acting: what is in them, what would happen to them."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pratique.milter.cli.session import Session, cannot_run, told
from pratique.milter.config import Settings
from pratique.milter.lookups import addresses
from pratique.milter.mail import Client, Envelope, Forward
from pratique.policies.verdict import Action, Verdict

if TYPE_CHECKING:
    from pratique.milter.seeing import Seen
    from pratique.policies.policy import Policy

    Show = Callable[[Seen, Envelope, tuple[Verdict, ...]], None]


def _at(_: click.Context, __: click.Parameter, value: str | None) -> datetime:
    if value is None:
        return datetime.now(UTC)
    try:
        when = datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"{error}; write 2026-11-22T10:00:00+09:00") from error
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _address(_: click.Context, __: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    for address in value:
        objection = addresses.objection_to(address)
        if objection and address.lower() != "postmaster":
            raise click.BadParameter(f"{address!r}: {objection}")
    return value


@click.command()
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The configuration, as for the whole command.",
)
@click.option("--policy", "policy_file", help="A policy file, or the name of a shipped one.")
@click.option("--reverse-path", help="MAIL FROM; '' is the null reverse-path. Without: unknown.")
@click.option("--recipient", multiple=True, callback=_address, help="RCPT TO; may be repeated.")
@click.option("--client-ip", default="", help="Address of the client.")
@click.option("--client-name", default="", help="Verified host name of the client.")
@click.option("--helo", default="", help="What the client said in EHLO.")
@click.option("--authenticated", default="", help="Who the client proved to be.")
@click.option("--direction", type=click.Choice(["inbound", "outbound"]), default="inbound")
@click.option("--at", callback=_at, help="When it came, ISO 8601. Without: now.")
@click.option("--ledger", help="Mail that we sent. Not built yet.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.pass_obj
def inspect(session: Session, /, paths: tuple[str, ...], **options: Any) -> None:
    """Look at messages without acting.

    PATH is a file, a folder (walked for *.eml), or - for standard input. A person reads
    a tree of the parts, the findings and the rule that decides; --json is for programs.

    \b
    Exit status: 0 all accepted, 1 some not accepted, 2 could not run.
        pratique inspect mail.eml
        pratique inspect --json --recipient ann@example.org folder/ | jq .action
    """
    if options["ledger"] is not None:
        cannot_run("--ledger is not built yet: there is no ledger of sent mail to look into")
    settings = _settings(session, options["config_file"])
    envelope = Envelope(
        queue_id="inspect",
        received_at=options["at"],
        reverse_path=options["reverse_path"],
        recipients=tuple(Forward(address) for address in options["recipient"] or ("",)),
        client=Client(options["client_ip"], options["client_name"], options["helo"]),
        door="inspect",
        authenticated=options["authenticated"],
        direction=options["direction"],
    )
    policy_file = options["policy_file"] or settings.policy.file
    sys.exit(_run(settings, envelope, policy_file, paths, options["as_json"]))


def _settings(session: Session, config_file: Path | None) -> Settings:
    return (Session(config_file) if config_file else session).settings()


def _run(
    settings: Settings, envelope: Envelope, policy_file: str, paths: tuple[str, ...], as_json: bool
) -> int:
    # Imported late: `pratique --help` must not wait for CEL.
    from pratique.milter import seeing
    from pratique.milter.assembly import policy_of

    with told():
        policy = policy_of(policy_file)
        seen = seeing.look(seeing.messages_in(paths), settings, envelope, sys.stdin.buffer.read)
        show = _show_json if as_json else _shown_to_a_person()
        return asyncio.run(_show_all(seen, envelope, policy, show))


async def _show_all(
    all_seen: AsyncIterator["Seen"], envelope: Envelope, policy: "Policy", show: "Show"
) -> int:
    from pratique.milter.pipeline import judge

    status = 0
    async for seen in all_seen:
        verdicts: tuple[Verdict, ...] = ()
        if not seen.error:
            verdicts = judge(seen.facts, envelope, policy).verdicts
        if not verdicts or any(one.action is not Action.ACCEPT for one in verdicts):
            status = 1
        show(seen, envelope, verdicts)
    return status


def _show_json(seen: "Seen", envelope: Envelope, verdicts: tuple[Verdict, ...]) -> None:
    from pratique.milter.cli.report import report

    click.echo(json.dumps(report(seen, envelope, verdicts)))


def _shown_to_a_person() -> "Show":
    # rich takes a tenth of a second to import; --json does without.
    from rich.console import Console

    from pratique.milter.cli import tree

    console = Console()
    return lambda seen, envelope, verdicts: tree.show(console, seen, envelope, verdicts)
