"""What tests of policies share: the shipped default, and small policies around a rule."""

from importlib import resources

import pytest

from pratique.policies.policy import Policy
from pratique.scanners import facts_pb2 as facts

UNSEEN = """
[[rule]]
name    = "unseen"
when    = '''
  parts.exists(p, p.unopened != "")
  || ambiguities.size() + limits.size() + failures.size() > 0
'''
actions = ["quarantine"]
reason  = "not looked into"

  [[rule.test]]
  facts.limits = [{ class_ = "depth" }]
  expect = "quarantine"
"""

LAST = """
[[rule]]
name    = "all other mail"
actions = ["accept"]

  [[rule.test]]
  facts.parts = [{ kind = "text" }]
  expect = "accept"
"""


@pytest.fixture(scope="session")
def default_text():
    shipped = resources.files("pratique.policies") / "shipped" / "default.toml"
    return shipped.read_text("utf-8")


@pytest.fixture(scope="session")
def default(default_text):
    return Policy.load(default_text, "default.toml")


@pytest.fixture
def around():
    """A policy's text: the given rules, then what every policy needs."""
    return lambda *rules: "\n".join([*rules, UNSEEN, LAST])


@pytest.fixture
def rule():
    """The text of one rule that rejects, with a test that it meets or not."""

    def written(when, *, name="mine", actions='["reject"]', tail=""):
        return (
            f"[[rule]]\nname = '{name}'\nwhen = '{when}'\nactions = {actions}\n"
            f"reason = 'because'\n{tail}\n"
            "[[rule.test]]\nfacts.parts = [{ kind = 'text' }]\nexpect = 'accept'\n"
        )

    return written


@pytest.fixture
def rcpt():
    """A recipient by its address."""
    return lambda address: facts.Recipient(
        address=address, domain=address.rpartition("@")[2].lower()
    )
