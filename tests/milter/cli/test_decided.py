"""By which rule of then a message was decided."""

import pytest

from pratique.milter.cli.decided import Policies
from pratique.milter.journal.entry import PolicyText
from pratique.milter.policy_file import find
from pratique.policies.policy import Policy
from pratique.policies.written.beside import hash_of

OWN = '[[rule]]\nname = "mine"\nwhen = "mail.size > 5"\nactions = ["reject"]\nreason = "r"\n'


@pytest.fixture
def found(tmp_path):
    (tmp_path / "policy.toml").write_text(f'include = "default"\n{OWN}')
    return find(str(tmp_path / "policy.toml"))


def test_rules_of_included_policies_are_found_where_the_policy_is_whole(found):
    policy = Policy.load(found.text, found.name, found.beside)
    text = PolicyText(found.name, policy.hash, found.text)
    known = Policies(found.name, lambda _: policy)
    assert (known.rule(text, "mine").line, known.rule(text, "mine").condition_line) == (2, 4)
    program = known.rule(text, "program")
    assert (program.file, program.condition_line) == ("default", 0)
    assert program.condition.startswith("any_kind(")
    assert known.rule(text, "all other mail").condition == ""
    assert known.rule(text, "nothing") is None


@pytest.mark.parametrize("loaded", [None, lambda _: "it is not kept"])
def test_where_it_is_not_whole_only_its_own_rules_are_found(found, loaded):
    text = PolicyText(found.name, "ab" * 32, found.text)
    known = Policies(found.name, loaded)
    assert known.includes(text)
    assert (known.rule(text, "mine").line, known.rule(text, "program")) == (2, None)


def test_a_policy_is_in_force_with_all_that_it_includes(found):
    whole = PolicyText(found.name, hash_of(found.text, found.beside), found.text)
    assert Policies(found.name).is_in_force(whole) is True
    assert Policies(found.name).is_in_force(PolicyText("", "ab" * 32, "")) is False
    assert Policies("no such policy").is_in_force(whole) is None
