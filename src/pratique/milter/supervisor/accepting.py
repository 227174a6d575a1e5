"""Accept a policy: it is read and checked, its tests are run, and it is kept, in this order.

Its tests run once, before it is in force for the first time: a policy whose hash is known,
because it was in force or is shipped (its tests are run before each release), is taken
as it is.  So a start is quick, and going back to yesterday's policy cannot fail because a
test's message was moved.  If the history cannot be written, no mail stops: it is logged, and
only `why` and `replay` will miss it.
"""

import asyncio
import logging
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pratique.milter.assembly import looked_at
from pratique.milter.config import Settings
from pratique.milter.history import Came, Role, Why
from pratique.milter.policy_file import PolicyFile, find, shipped
from pratique.milter.supervisor.charge import Policies
from pratique.milter.supervisor.trial import Trial
from pratique.milter.versions import Versions
from pratique.policies.checks.expired import expired
from pratique.policies.policy import Policy
from pratique.policies.written.beside import hash_of
from pratique.policies.written.problem import Problem, one_line

log = logging.getLogger("pratique.service")

_EXPIRES = re.compile(r"\b(?:until|expires)[\"']?\s*=")


@dataclass(frozen=True, slots=True)
class Accepting:
    """Accepts policies, and records which came into force."""

    versions: Versions
    trial: Trial = field(default_factory=Trial)

    async def accepted(self, settings: Settings, now: Policies | None = None) -> Policies:
        """Return the policies that the settings name, if sound; `now` are those in force.

        Raises NoPolicy, PolicyError, TestsNotMet or OSError.
        """
        section = settings.policy
        found, idle = await asyncio.to_thread(looked_at, section.file, settings)
        shadow = None
        if section.shadow is not None:
            shadow, more = await asyncio.to_thread(looked_at, section.shadow, settings)
            idle += more
        if idle:
            log.warning("%s", idle_told(idle))
        if not section.test_before:
            log.warning("[policy] test_before is off: policies are taken without their tests")
        elif not await asyncio.to_thread(self._is_known, found, now):
            tests = await self.trial.run(found)
            log.info("policy %s: %d tests, all met", found.name, tests)
        for line in await asyncio.to_thread(expired_in, found, datetime.now(UTC)):
            log.warning("%s", line)
        await asyncio.to_thread(self._keep, settings, found, shadow)
        return Policies(found, shadow)

    async def enter(self, policies: Policies, why: Why) -> None:
        """Record that they are in force from now on."""
        await asyncio.to_thread(self._enter, policies, why)

    def _is_known(self, found: PolicyFile, now: Policies | None) -> bool:
        digest = digest_of(found)
        if now is not None and digest_of(now.enforced) == digest:
            return True
        return self.versions.was_in_force(digest) or digest in map(digest_of, map(find, shipped()))

    def _keep(self, settings: Settings, *policies: PolicyFile | None) -> None:
        keep_days = max(settings.journal.keep_days, settings.quarantine.keep_days)
        now = datetime.now(UTC)
        try:
            for one in policies:
                if one is not None:
                    self.versions.keep(one, now)
            self.versions.drop_old(now, keep_days)
        except OSError as error:
            _not_written(self.versions, error)

    def _enter(self, policies: Policies, why: Why) -> None:
        try:
            self.versions.enter(came(policies.enforced, why, "enforce"))
            self.versions.enter(came(policies.shadow, why, "shadow"))
        except OSError as error:
            _not_written(self.versions, error)


def came(found: PolicyFile | None, why: Why, role: Role) -> Came:
    """Return the line of the history; with None, there is no policy in this role from now on."""
    now = datetime.now(UTC)
    if found is None:
        return Came(now, "", "", why, role)
    rules, tests = _counted(found)
    return Came(now, digest_of(found), found.name, why, role, rules, tests)


def digest_of(found: PolicyFile) -> str:
    """Return a policy's hash."""
    return hash_of(found.text, found.beside)


def _counted(found: PolicyFile) -> tuple[int, int]:
    """Count the rules, included ones too, and their tests."""
    rules = [
        rule for text in (found.text, *found.beside.policies.values()) for rule in _rules(text)
    ]
    return len(rules), sum(len(rule.get("test", ())) for rule in rules)


def _rules(text: str) -> Iterator[dict[str, list[object]]]:
    yield from tomllib.loads(text).get("rule", ())


def expired_in(found: PolicyFile, when: datetime) -> list[str]:
    """Return a sentence for each rule and list that has expired."""
    texts = (found.text, *found.beside.policies.values())
    # Compiling a policy takes longer than all else here, and few have anything that expires.
    if not any(map(_EXPIRES.search, texts)):
        return []
    policy = Policy.load(found.text, found.name, found.beside)
    return list(expired(policy, when.astimezone(UTC).date()))


def idle_told(idle: Sequence[Problem]) -> str:
    """Return a sentence for the log on problems that make no verdict wrong; names the first."""
    told = f"policy: {one_line(idle[0])}"
    more = f"; and {len(idle) - 1} more, see `pratique policy check`" if len(idle) > 1 else ""
    return f"{told}{more}; no verdict is wrong by it"


def _not_written(versions: Versions, error: OSError) -> None:
    text = "policy: not written down in %s, `why` and `replay` will not find it: %s"
    log.error(text, versions.folder, error)
