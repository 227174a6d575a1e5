"""A policy is tested once before it is in force, and kept; nothing of that stops mail."""

import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pratique.milter.config import Settings
from pratique.milter.history import last_of
from pratique.milter.policy_file import NoPolicy, PolicyFile, shipped
from pratique.milter.supervisor.accepting import Accepting, came, digest_of, expired_in
from pratique.milter.supervisor.charge import Policies
from pratique.milter.supervisor.trial import TestsNotMet
from pratique.milter.versions import Versions
from pratique.policies.written.beside import Beside
from pratique.policies.written.problem import PolicyError

DEFAULT = Path("src/pratique/policies/shipped/default.toml").resolve().read_text()


class Tries:
    """Says that tests are met, or raises; remembers what was tried."""

    def __init__(self, fault=None):
        self.fault = fault
        self.tried = []

    async def run(self, found):
        self.tried.append(found)
        if self.fault:
            raise self.fault
        return 7


@pytest.fixture
def tries():
    return Tries()


@pytest.fixture
def accepting(tmp_path, tries):
    return Accepting(Versions(tmp_path / "policies"), tries)


@pytest.fixture
def settings(tmp_path):
    """Settings with a policy of one's own, that differs by its comment."""

    def make(comment="", before="", **policy):
        file = tmp_path / "mine.toml"
        file.write_text(before + DEFAULT + f"# {comment}\n")
        return Settings.model_validate({"policy": {"file": str(file)} | policy})

    return make


@pytest.mark.parametrize("name", shipped())
async def test_a_shipped_policy_is_known(accepting, tries, name):
    settings = Settings.model_validate({"policy": {"file": name}})
    policies = await accepting.accepted(settings)
    assert policies.enforced.name == f"{name}.toml"
    assert tries.tried == []


async def test_a_copy_of_a_shipped_policy_is_known_too(accepting, tries, tmp_path):
    (tmp_path / "mine.toml").write_text(DEFAULT)
    settings = Settings.model_validate({"policy": {"file": str(tmp_path / "mine.toml")}})
    await accepting.accepted(settings)
    assert tries.tried == []


async def test_a_new_policy_is_tested_as_it_was_read(accepting, tries, settings, caplog):
    with caplog.at_level(logging.INFO, "pratique.service"):
        policies = await accepting.accepted(settings())
    assert tries.tried == [policies.enforced]
    assert "7 tests, all met" in caplog.text


async def test_what_was_in_force_is_not_tested_again(accepting, tries, settings):
    await accepting.enter(await accepting.accepted(settings()), "start")
    await accepting.enter(await accepting.accepted(settings("other")), "reload")
    assert len(tries.tried) == 2
    await accepting.accepted(settings())
    assert len(tries.tried) == 2


async def test_what_is_in_force_is_not_tested_again_though_it_could_not_be_kept(
    accepting, tries, settings, tmp_path, caplog
):
    (tmp_path / "policies").write_text("a file is in the way")
    policies = await accepting.accepted(settings())
    await accepting.enter(policies, "start")
    assert caplog.text.count("not written down") == 2
    await accepting.accepted(settings(), policies)
    assert len(tries.tried) == 1
    await accepting.accepted(settings("other"), policies)
    assert len(tries.tried) == 2


async def test_a_policy_whose_tests_are_not_met_is_neither_taken_nor_kept(
    accepting, tries, settings
):
    tries.fault = TestsNotMet("mine.toml: 1 of 2 tests")
    with pytest.raises(TestsNotMet):
        await accepting.accepted(settings())
    assert not accepting.versions.folder.exists()


async def test_tests_that_are_switched_off_are_named_in_the_log(accepting, tries, settings, caplog):
    await accepting.accepted(settings(test_before=False))
    assert tries.tried == []
    assert "test_before is off" in caplog.text


async def test_what_was_taken_without_its_tests_was_in_force(accepting, tries, settings):
    policies = await accepting.accepted(settings(test_before=False))
    await accepting.enter(policies, "start")
    await accepting.accepted(settings())
    assert tries.tried == []


@pytest.mark.parametrize("key", ["file", "shadow"])
@pytest.mark.parametrize("error", [NoPolicy, PolicyError])
async def test_a_policy_with_errors_is_refused_in_the_shadow_too(accepting, settings, key, error):
    chosen = settings()
    broken = Path(chosen.policy.file).with_name("broken.toml")
    if error is PolicyError:
        broken.write_text("[[rule]]\nname = 1\n")
    with pytest.raises(error, match=r"broken\.toml"):
        await accepting.accepted(settings(**{key: str(broken)}))


async def test_both_are_kept_and_their_coming_is_written_down(accepting, settings, tmp_path):
    shadow = tmp_path / "new.toml"
    shadow.write_text(DEFAULT + "# new\n")
    policies = await accepting.accepted(settings(shadow=str(shadow)))
    for one in (policies.enforced, policies.shadow):
        assert accepting.versions.find(digest_of(one)).text == one.text
    await accepting.enter(policies, "start")
    await accepting.enter(policies, "start")
    first, second = accepting.versions.history()
    assert (first.role, first.hash, first.why) == ("enforce", digest_of(policies.enforced), "start")
    assert (second.role, second.hash) == ("shadow", digest_of(policies.shadow))
    await accepting.enter(Policies(policies.enforced), "reload")
    assert last_of(accepting.versions.history(), "shadow").hash == ""


EXPIRES = """
[[rule]]
name = "for a while"
when = "mail.size > 5"
until = 2026-11-22
actions = ["reject"]
reason = "a test"

[[rule]]
name = "all"
actions = ["accept"]
reason = "a test"
"""


@pytest.mark.parametrize(("hour", "count"), [(23, 0), (24, 1)])
def test_what_has_expired_is_told_and_is_no_mistake(hour, count):
    when = datetime.fromtimestamp(datetime(2026, 11, 21, tzinfo=UTC).timestamp() + hour * 3600, UTC)
    lines = expired_in(PolicyFile("mine.toml", EXPIRES, Path()), when)
    assert len(lines) == count
    assert all(line.startswith("mine.toml:2: the rule `for a while` has") for line in lines)


async def test_a_policy_in_which_something_has_expired_is_taken_with_a_warning(
    accepting, settings, caplog
):
    rule = EXPIRES.split("\n\n", maxsplit=1)[0].replace("2026-11-22", "2020-01-01")
    await accepting.accepted(settings(before=rule + "\n\n"))
    assert "the rule `for a while` has expired" in caplog.text


async def test_a_rule_that_is_never_reached_keeps_no_service_from_starting(
    accepting, settings, caplog
):
    one = '[[rule]]\nname = "NAME"\nwhen = "bounce.claimed"\nactions = ["reject"]\nreason = "r"\n\n'
    await accepting.accepted(settings(before=one.replace("NAME", "a") + one.replace("NAME", "b")))
    (told,) = [
        each.getMessage() for each in caplog.records if "no verdict is wrong" in each.getMessage()
    ]
    assert "more, see `pratique policy check`" in told


def test_rules_and_tests_are_counted_those_included_too():
    beside = Beside({"default": "[[rule]]\n[[rule.test]]\n[[rule]]\n"}, {"a.txt": "a\n"})
    line = came(PolicyFile("mine.toml", EXPIRES, Path(), beside), "start", "enforce")
    assert (line.rules, line.tests) == (4, 1)


def test_that_there_is_none_any_more_is_a_line_too():
    line = came(None, "start", "shadow")
    assert (line.hash, line.rules, line.tests) == ("", 0, 0)


async def test_a_shadow_is_not_tested(accepting, tries, settings, tmp_path):
    shadow = tmp_path / "new.toml"
    shadow.write_text(DEFAULT + "# new\n")
    policies = await accepting.accepted(settings(shadow=str(shadow)))
    assert tries.tried == [policies.enforced]
