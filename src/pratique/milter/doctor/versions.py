"""Check which policy is in force: whether it is kept, and whether the file is still the same."""

from collections.abc import Iterator

from pratique.milter.doctor.line import Case, Line, ok, unseen, warning
from pratique.milter.history import last_of
from pratique.milter.policy_file import NoPolicy, find
from pratique.milter.versions import NoVersion, Versions
from pratique.policies.written.beside import hash_of


def versions(case: Case) -> Iterator[Line]:
    """Check the policy that the service last took in force."""
    kept = Versions(case.settings.state / "policies")
    try:
        came = last_of(kept.history(), "enforce")
    except OSError as error:
        yield unseen("which policy is in force", str(error))
        return
    if came is None:
        return
    told = f"the policy in force since {came.since:%Y-%m-%d %H:%M} UTC, {came.hash[:12]},"
    try:
        kept.find(came.hash)
    except NoVersion as error:
        do = "`pratique reload` writes it anew; look at the disk"
        yield warning(f"{told} cannot be shown or replayed: {error}", do)
    else:
        yield ok(f"{told} is kept")
    yield from _changed(case.settings.policy.file, came.hash)


def _changed(name: str, digest: str) -> Iterator[Line]:
    try:
        found = find(name)
    except NoPolicy:
        # The check of the policy itself says why.
        return
    if hash_of(found.text, found.beside) != digest:
        what = f"the policy {name}, or what it names, is not what is in force"
        yield warning(what, "`pratique policy test`, then `pratique reload`")
