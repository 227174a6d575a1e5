"""Check what an admin wrote or fetched: configuration, policy, lists, families, rules.

Scanners and rules are loaded with a worker (kernel.py); `pratique scanner test` and
`pratique rules check` say more about each.
"""

from collections.abc import Iterator
from pathlib import Path

from pratique.milter.assembly import policy_of
from pratique.milter.config_problems import ConfigError
from pratique.milter.doctor import access
from pratique.milter.doctor.access import READ
from pratique.milter.doctor.line import Case, Line, ok, warning, wrong
from pratique.milter.families import families_of
from pratique.milter.lists.building import lacks, opened
from pratique.milter.policy_file import NoPolicy
from pratique.policies.written.problem import PolicyError, one_line
from pratique.scanners.hash_list import WrongList

# What the nursery reads in a folder of rules.
_RULES = frozenset({".yar", ".yara"})


def policy(case: Case) -> Iterator[Line]:
    """Check the policy, and what it names."""
    name = case.settings.policy.file
    try:
        policy_of(name)
    except (PolicyError, NoPolicy) as error:
        told = one_line(error.problems[0]) if isinstance(error, PolicyError) else str(error)
        yield wrong(f"the policy {name}: {told}", "`pratique policy check` says all that is wrong")
    else:
        yield ok(f"the policy {name} is sound")
    try:
        families_of(case.settings.families)
    except ConfigError as error:
        yield wrong(str(error), "docs/families.md")


def readable(case: Case) -> Iterator[Line]:
    """Check that the service may read everything, since the user who runs this may read more."""
    for path in dict.fromkeys(_files(case)):
        try:
            why = access.hindrance(path, case.user, READ)
        except OSError as error:
            yield wrong(f"{path}: {error.strerror}", "write where it is into the configuration")
            continue
        if why:
            yield wrong(
                f"the service cannot read {path}: {why}",
                f"chgrp {case.user.name} and chmod g+r, or g+rx for a folder",
            )


def _files(case: Case) -> Iterator[Path]:
    settings = case.settings
    policy_file = Path(settings.policy.file)
    written = (case.config, settings.families.file, policy_file, settings.sent.keys)
    # A policy is a file, or the name of a shipped one.
    yield from (path for path in written if path is not None and path.exists())
    yield from (one.path for one in settings.scanner if one.path is not None)
    for folder in settings.yara.folders:
        yield folder
        if folder.is_dir():
            yield from sorted(one for one in folder.iterdir() if one.suffix in _RULES)


def lists(case: Case) -> Iterator[Line]:
    """Check that each list of hashes is built, and from the current feed."""
    for section in case.settings.hash_list:
        file, name = section.file(case.settings.state), f"list {section.name}"
        do = f"`pratique lists build {section.name}`, then `pratique reload`"
        try:
            with opened(file) as built:
                date, lack = built.head.date, lacks(built.counts["tlsh"])
        except FileNotFoundError:
            yield wrong(f"{name} is not built, or not with these settings: no service starts", do)
            continue
        except (OSError, WrongList) as error:
            yield wrong(f"{name}: {file}: {error}", do)
            continue
        if lack:
            yield wrong(f"{name}: {lack}", "install it, or set `tlsh` of the list, and build it")
            continue
        try:
            feed = int(section.feed.stat().st_mtime)
        except OSError as error:
            yield warning(f"{name}: its feed {section.feed}: {error.strerror}", "fetch it again")
            continue
        if feed > date:
            yield warning(f"{name}: {section.feed} is newer than the list built of it", do)
        else:
            yield ok(f"{name} is built of {section.feed} as it is")
