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
    from pratique.milter.sent.our_mail import OurMail
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
@click.option(
    "--ledger",
    "ledger_file",
    type=click.Path(path_type=Path),
    help="Mail that we sent, as JSON: proves bounces. Without: none is proved.",
)
@click.option("--why", "explain", is_flag=True, help="Explain the verdict; with --json too.")
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

    The file of --ledger is {"sent": [{"message_id": "<a@example.org>",
    "mail_from": "ann@example.org", "rcpt_to": ["bob@example.net"],
    "date": "2026-11-21T09:00:00+09:00"}]}; what is older than a week at the time of --at
    proves nothing.
    """
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
    sys.exit(_run(settings, envelope, paths, options))


def _settings(session: Session, config_file: Path | None) -> Settings:
    return (Session(config_file) if config_file else session).settings()


def _run(
    settings: Settings, envelope: Envelope, paths: tuple[str, ...], options: dict[str, Any]
) -> int:
    # Imported late: `pratique --help` must not wait for CEL.
    from pratique.milter import seeing
    from pratique.milter.assembly import policy_of

    with told():
        policy = policy_of(options["policy_file"] or settings.policy.file)
        our_mail = _our_mail(settings, options["ledger_file"])
        files, stdin = seeing.messages_in(paths), sys.stdin.buffer.read
        seen = seeing.look(files, settings, envelope, stdin, our_mail)
        shown = _show_json if options["as_json"] else _shown_to_a_person
        show = shown(policy, options)
        return asyncio.run(_show_all(seen, envelope, policy, show))


def _our_mail(settings: Settings, file: Path | None) -> "OurMail | None":
    """Open what the file states; with the keys of the settings, marks are recognized too."""
    if file is None:
        return None
    from pratique.milter.sent import keys as key_files
    from pratique.milter.sent.our_mail import OurMail
    from pratique.milter.sent.stated import StatedError, read_json

    section = settings.sent
    try:
        ledger = read_json(file)
        keys = key_files.read(section.keys) if section.keys is not None else None
    except (StatedError, key_files.KeysError) as error:
        cannot_run(str(error))
    domains = settings.own_domains or ledger.domains
    # A ledger written by hand is taken to state everything that was sent.
    return OurMail(ledger, domains, keys, section, complete=True)


async def _show_all(
    all_seen: AsyncIterator["Seen"], envelope: Envelope, policy: "Policy", show: "Show"
) -> int:
    from pratique.milter.judging import judge

    status = 0
    async for seen in all_seen:
        verdicts: tuple[Verdict, ...] = ()
        if not seen.error:
            verdicts = judge(seen.facts, envelope, policy).verdicts
        if not verdicts or any(one.action is not Action.ACCEPT for one in verdicts):
            status = 1
        show(seen, envelope, verdicts)
    return status


def look_at(
    settings: Settings, path: str, policy_file: str | None, *, all_rules: bool, as_json: bool
) -> None:
    """Look at a message without its envelope, and explain what would be done."""
    envelope = Envelope("inspect", datetime.now(UTC), recipients=(Forward(""),), door="inspect")
    options = {"policy_file": policy_file, "ledger_file": None, "as_json": as_json}
    _run(settings, envelope, (path,), options | {"explain": True, "all_rules": all_rules})


def _show_json(policy: "Policy", options: dict[str, Any]) -> "Show":
    from pratique.milter.cli.report import report

    def show(seen: "Seen", envelope: Envelope, verdicts: tuple[Verdict, ...]) -> None:
        line = report(seen, envelope, verdicts)
        if options["explain"] and not seen.error:
            from pratique.milter.cli import proof_json
            from pratique.milter.cli.reasons import reasons_of

            line["why"] = proof_json.to_json(reasons_of(policy, seen.facts, envelope.recipients))
        click.echo(json.dumps(line))

    return show


def _shown_to_a_person(policy: "Policy", options: dict[str, Any]) -> "Show":
    # rich takes a tenth of a second to import; --json does without it.
    from rich.console import Console

    from pratique.milter.cli import tree

    console = Console()

    def show(seen: "Seen", envelope: Envelope, verdicts: tuple[Verdict, ...]) -> None:
        tree.show(console, seen, envelope, verdicts)
        if options["explain"] and not seen.error:
            from pratique.milter.cli import proof_shown
            from pratique.milter.cli.reasons import reasons_of

            reasons = reasons_of(policy, seen.facts, envelope.recipients)
            proof_shown.show(console, reasons, all_rules=options.get("all_rules", False))

    return show
