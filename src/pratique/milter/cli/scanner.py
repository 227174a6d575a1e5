"""Try an admin's own scanner, and say which scanners there are."""

import asyncio
import importlib.metadata
import json
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pratique.milter.cli.screen import printable
from pratique.milter.cli.session import Session, cannot_run, told

if TYPE_CHECKING:
    from pratique.milter.scanner_trial import Tried
    from pratique.scanners.wall_pb2 import OwnScanner, Setup

_UNSOUND = 1
_GROUP = "pratique.scanners.v1"


@click.group()
def scanner() -> None:
    """Try scanners of your own, and list all."""


@scanner.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def list_(session: Session, *, as_json: bool) -> None:
    """List the scanners that look at mail with this configuration.

    \b
    Exit status: 0, or 2 where one of them cannot be loaded: it is told why.
    """
    from pratique.milter.assembly import setup_of
    from pratique.milter.scanner_trial import loaded

    with told():
        for one in asyncio.run(loaded(setup_of(session.settings()))):
            if as_json:
                own = {"version": one.version, "file": one.file, "wants": one.wants}
                click.echo(json.dumps({"scanner": one.name, "own": one.is_own, **own}))
            elif one.is_own:
                click.echo(f"{one.name:16} {printable(one.file)} {one.version}, {one.wants}")
            else:
                click.echo(f"{one.name:16} shipped")


@scanner.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option(
    "--samples",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="The folder with speech/, silence/ and settings.toml; that beside PATH without this.",
)
@click.argument("which", metavar="PATH|NAME")
@click.pass_obj
def test(session: Session, *, which: str, samples: Path | None, as_json: bool) -> None:
    """Try a scanner: show it a hundred parts in a confined worker, and say what is wrong.

    PATH is its Python file, or a folder of them; NAME a scanner of the configuration, or
    one that an installed package offers. Beside NAME.py the folder NAME/ may have samples:
    in each file of NAME/speech it must find something, in each of NAME/silence nothing but
    what is worth knowing. NAME/settings.toml is what it is told where no configuration says.

    \b
    Exit status: 0 sound, 1 not sound, 2 could not run.
        pratique scanner test invoices.py
    """
    from pratique.milter.assembly import setup_of

    setup = setup_of(session.settings())
    sound = True
    for one in _meant(which, setup, samples):
        beside = samples or _samples_of(one)
        tried = _tried(one, setup, beside, as_json=as_json)
        sound = sound and tried is not None and not tried.problems
        if tried is not None:
            click.echo(json.dumps(tried.to_json()) if as_json else _shown(tried, beside))
    if not sound:
        sys.exit(_UNSOUND)


def _tried(
    one: "OwnScanner", setup: "Setup", beside: Path | None, *, as_json: bool
) -> "Tried | None":
    """Try one scanner and return the result; None if it cannot be loaded, which is reported."""
    from pratique.milter.scanner_trial import tried
    from pratique.milter.wall.faults import NurseryUnfit

    with told():
        try:
            return asyncio.run(tried(one, setup, beside))
        except NurseryUnfit as unfit:
            problems = str(unfit).splitlines()
    if as_json:
        click.echo(json.dumps({"scanner": one.name, "sound": False, "problems": problems}))
    else:
        click.echo("\n".join(["it cannot be loaded:", *map(printable, problems)]))
    return None


def _shown(tried: "Tried", beside: Path | None) -> str:
    """Write the result for a person."""
    who, place = tried.scanner, f"in {beside}" if beside else "so nobody knows what it finds"
    lines = [
        f"{who.name} {who.version}, {who.file}",
        f"  {who.wants}",
        f"  shown     {tried.shown} parts, {tried.findings} findings",
        f"  slowest   {tried.seconds * 1000:.1f} ms: {tried.slowest}",
        f"  memory    {tried.grown / 1024**2:.1f} MB more after many parts",
        f"  samples   {tried.speech} of speech, {tried.silence} of silence, {place}",
        *(f"problem: {problem}" for problem in tried.problems),
        "the scanner is not sound" if tried.problems else "the scanner is sound",
    ]
    return "\n".join(map(printable, lines))


def _meant(which: str, setup: "Setup", samples: Path | None) -> "list[OwnScanner]":
    """Return the scanners that are meant; exit if there is none."""
    from pratique.milter.scanner_trial import all_of
    from pratique.scanners.wall_pb2 import OwnScanner

    path = Path(which).absolute()
    known = [
        one for one in all_of(setup.own_scanners) if which == one.name or one.path == str(path)
    ]
    if known:
        return known
    if path.exists():
        found = all_of([OwnScanner(path=str(path))])
        if not found:
            cannot_run(f"{which}: there is no Python file in it")
        for one in found:
            _add_settings(one, samples or _samples_of(one))
        return found
    packages = [each.dist for each in importlib.metadata.entry_points(group=_GROUP, name=which)]
    if not packages or packages[0] is None:
        cannot_run(
            f"{which}: there is no such file, the configuration has no scanner of this name, and "
            "no installed package offers one"
        )
    one = OwnScanner(name=which, distribution=packages[0].name)
    _add_settings(one, samples)
    return [one]


def _samples_of(one: "OwnScanner") -> Path | None:
    """Return the folder next to a scanner's file."""
    folder = Path(one.path).with_suffix("")
    return folder if one.path and folder.is_dir() else None


def _add_settings(one: "OwnScanner", samples: Path | None) -> None:
    from pratique.milter.config_problems import of_toml, places_in

    file = samples / "settings.toml" if samples is not None else None
    if file is None or not file.is_file():
        return
    with told():
        text = file.read_text("utf-8")
    try:
        stated = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        cannot_run(str(of_toml(error, str(file))))
    except RecursionError:
        cannot_run(f"{file}: too many brackets within each other")
    one.settings = json.dumps(stated, default=str)
    for keys, place in places_in(text, str(file), ()).items():
        one.places[f"settings.{keys}"] = place
