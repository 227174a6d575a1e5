"""Build, check and show lists of hashes, and add to them."""

import hashlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pratique.milter.cli.screen import printable
from pratique.milter.cli.session import Session, cannot_run, told

if TYPE_CHECKING:
    from pratique.milter.config import Settings
    from pratique.milter.lists.building import Gathered
    from pratique.milter.sections.lists import HashListSection
    from pratique.scanners.hash_list import HashList, Record

_WRONG = 1
_LATER = "a running service takes it at `pratique reload`"
# Feeds that an admin writes line by line; the others are rewritten by their makers.
_OWN_FEEDS = frozenset({"", ".txt", ".list", ".hashes"})


@click.group()
def lists() -> None:
    """Build, check and show lists of hashes, and add to them."""


@lists.command()
@click.option("--force", is_flag=True, help="Also a feed that is empty, broken, or much smaller.")
@click.argument("names", nargs=-1)
@click.pass_obj
def build(session: Session, *, names: Sequence[str], force: bool) -> None:
    """Make lists of their feeds; of all without NAMES.

    A feed that has no hash, or less than half of those that it had, or many lines that cannot
    be read, is refused, and the old list stays.

    \b
    Exit status: 0, 1 some lines cannot be read, or a feed is refused; 2 could not run.
    """
    from pratique.milter.lists import building

    settings, wrong = session.settings(), False
    for section in _meant(settings, names):
        with told():
            try:
                gathered = building.build(section, settings.state, force=force)
            except building.Refused as refused:
                click.echo(printable(str(refused)), err=True)
                wrong = True
                continue
        wrong = _say_broken(section, gathered) or wrong
        click.echo(_counted(section.name, gathered))
    click.echo(_LATER)
    if wrong:
        sys.exit(_WRONG)


@lists.command()
@click.argument("names", nargs=-1)
@click.pass_obj
def check(session: Session, *, names: Sequence[str]) -> None:
    """Say what is wrong with feeds, and with lists that were built of them; change nothing.

    \b
    Exit status: 0, 1 something is wrong, 2 could not run.
    """
    from pratique.milter.lists import building

    settings, wrong = session.settings(), False
    for section in _meant(settings, names):
        with told():
            try:
                gathered = building.gather(section)
            except building.Refused as refused:
                click.echo(printable(str(refused)), err=True)
                wrong = True
                continue
        wrong = _say_broken(section, gathered) or wrong
        click.echo(_counted(section.name, gathered))
        if doubt := building.doubts(gathered, 0) or building.lacks(gathered.near):
            click.echo(f"{section.name}: {doubt}: it would be refused", err=True)
            wrong = True
        if problem := _state_of(section, settings.state, gathered):
            click.echo(f"{section.name}: {problem}", err=True)
            wrong = True
    if wrong:
        sys.exit(_WRONG)


@lists.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.argument("hashes", nargs=-1, metavar="[HASH]...")
@click.pass_obj
def show(session: Session, *, hashes: Sequence[str], as_json: bool) -> None:
    """Show which lists there are, or with HASH what they say of it.

    \b
    Exit status: 0, 1 one of the hashes is on no list, 2 could not run.
    """
    settings = session.settings()
    digests = list(map(_digest, hashes))
    found: set[bytes] = set()
    for section, opened in _opened(settings):
        for stated in _about(section, opened, digests):
            if "hash" in stated:
                found.add(_digest(stated["hash"]))
            click.echo(json.dumps(stated) if as_json else printable(_line(stated)))
    if found != set(digests):
        sys.exit(_WRONG)


@lists.command()
@click.option("--reason", default="", help="Why: for a person, and for the log.")
@click.option("--owner", default="", help="Who answers for it; else the owner of the list.")
@click.option("--expires", default="", metavar="DATE", help="The last day that it holds.")
@click.argument("name")
@click.argument("what", metavar="HASH|FILE")
@click.pass_obj
def add(session: Session, *, name: str, what: str, reason: str, owner: str, expires: str) -> None:
    """Write a hash, or that of FILE, into the feed of a list of your own, and build the list.

    \b
        pratique lists add ours invoice.iso --reason "came on Monday" --expires 2027-01-31
    """
    from pratique.milter.lists import building
    from pratique.milter.lists.feed import LeftOut, WrongLine

    settings = session.settings()
    (section,) = _meant(settings, [name])
    if section.feed.suffix not in _OWN_FEEDS:
        cannot_run(f"{section.feed}: others write it; add to a list of your own (a .txt)")
    if any(one.isspace() for one in owner):
        cannot_run(f"{owner!r}: an owner is written without blanks")
    with told():
        line = " ".join(
            filter(
                None,
                [
                    _hash_of(what),
                    expires and f"expires={expires}",
                    owner and f"owner={owner}",
                    " ".join(reason.split()),
                ],
            )
        )
        try:
            building.tried(section, line)
        except (WrongLine, LeftOut) as wrong:
            cannot_run(f"{what}: {wrong}")
        _append(section.feed, line)
        try:
            gathered = building.build(section, settings.state)
        except building.Refused as refused:
            cannot_run(f"the line is written, and the list not built: {refused}")
    _say_broken(section, gathered)
    click.echo(_counted(section.name, gathered))
    click.echo(_LATER)


def _meant(settings: "Settings", names: Sequence[str]) -> "list[HashListSection]":
    known = {section.name: section for section in settings.hash_list}
    if not known:
        cannot_run("the configuration has no [[hash_list]]")
    for name in names:
        if name not in known:
            cannot_run(f"{name}: the configuration has no such list; it has {', '.join(known)}")
    return [known[name] for name in names] if names else list(known.values())


def _say_broken(section: "HashListSection", gathered: "Gathered") -> bool:
    """Report lines that cannot be read; return whether there are any."""
    for line, why in gathered.broken:
        click.echo(printable(f"{section.feed}:{line}: {why}"), err=True)
    more = gathered.broken_count - len(gathered.broken)
    if more:
        click.echo(f"{section.feed}: and {more} lines more", err=True)
    return bool(gathered.broken)


def _counted(name: str, gathered: "Gathered") -> str:
    said = f"{name}: {len(gathered.hashes)} hashes"
    if gathered.left_out:
        left = ", ".join(
            f"{count} times {printable(what)}" for what, count in gathered.left_out.most_common(5)
        )
        said += f"; left out: {left}"
    return said


def _state_of(section: "HashListSection", state: Path, gathered: "Gathered") -> str:
    """Return what is wrong with the list that was built; empty if nothing is."""
    from pratique.milter.lists import building
    from pratique.scanners.hash_list import WrongList

    try:
        with building.opened(section.file(state)) as built:
            if built.head.date != gathered.date:
                return "the feed is another one than the list was built of: build it anew"
    except FileNotFoundError:
        return "it is not built, or not with these settings: build it"
    except (OSError, WrongList) as error:
        return f"{error}: build it anew"
    return ""


def _opened(settings: "Settings") -> "Iterator[tuple[HashListSection, HashList]]":
    from pratique.milter.lists import building
    from pratique.scanners.hash_list import WrongList

    for section in _meant(settings, ()):
        try:
            with building.opened(section.file(settings.state)) as opened:
                yield section, opened
        except FileNotFoundError:
            cannot_run(f"{section.name}: it is not built, or not with these settings")
        except (OSError, WrongList) as error:
            cannot_run(f"{section.name}: {error}")


def _about(
    section: "HashListSection", opened: "HashList", digests: Sequence[bytes]
) -> Iterator[dict[str, Any]]:
    if not digests:
        made = datetime.fromtimestamp(opened.head.date, UTC).isoformat()
        yield {
            "list": section.name, "owner": section.owner, "severity": section.severity,
            **opened.counts, "date": made, "version": opened.version,
        }  # fmt: skip
    from pratique.scanners.near.digest import shown

    for digest in digests:
        found = _found(opened, digest)
        if found is not None:
            apart, record = found
            until = date(1970, 1, 1) + timedelta(days=record.expires) if record.expires else ""
            yield {
                "list": section.name, "hash": shown(digest), **apart, "owner": record.owner,
                "reason": record.reason, "expires": str(until),
            }  # fmt: skip


def _found(opened: "HashList", digest: bytes) -> "tuple[dict[str, Any], Record] | None":
    """Return what a list says of a hash; for TLSH, of the nearest one, and how far that is."""
    from pratique.scanners.near.digest import WIDTH, shown
    from pratique.scanners.near.search import Near

    if len(digest) != WIDTH:
        record = opened.find(digest)
        return None if record is None else ({}, record)
    match = Near(opened).nearest(digest, lambda _: True)
    if match is None:
        return None
    return {"distance": match.apart, "from": shown(match.digest)}, match.record


def _line(stated: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in stated.items() if value != "")


def _digest(written: str) -> bytes:
    from pratique.scanners.hash_list import KINDS
    from pratique.scanners.near.digest import laid_out

    try:
        digest = laid_out(written) or bytes.fromhex(written)
    except ValueError:
        digest = b""
    if len(digest) not in KINDS.values():
        cannot_run(f"{written!r} is no hash; SHA-256 has 64 digits, MD5 32, TLSH 70")
    return digest


def _hash_of(what: str) -> str:
    path = Path(what)
    if not path.is_file():
        return what
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _append(feed: Path, line: str) -> None:
    """Append a line, and sync it to the disk."""
    with feed.open("a+b") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - 1))
        open_line = bool(end) and file.read(1) != b"\n"
        file.write(b"\n" * open_line + line.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
