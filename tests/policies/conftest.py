"""What tests of policies share: shipped policies, small ones around a rule, and random facts."""

import random
from importlib import resources

import pytest

from pratique.milter.policy_file import find, shipped
from pratique.policies.language import vocabulary
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


@pytest.fixture(scope="session")
def shipped_policies():
    """All that are shipped, with what they include: files by their names."""
    return {name: find(name) for name in shipped()}


@pytest.fixture(scope="session")
def strict(shipped_policies):
    found = shipped_policies["strict"]
    return Policy.load(found.text, found.name, found.beside)


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


# What a text may be where the vocabulary has no list for it: some of what policies ask for.
TEXTS = (
    "", "ann@example.org", "Bob@b.example", "MAILER-DAEMON (mail system)", "=?utf-8?q?x=40y?=",
    "example.org", "b.example", "invoice.pdf.exe", "a.txt", "image/svg+xml", "text/plain", "äöü",
)  # fmt: skip
NUMBERS = (0, 1, 2, 60, 20_000_000, -1)
WEIGHTS = (-6.0, -3.0, -2.9, 0.0, 4.5)
# A message has few of all the things that there are, or the first rules would decide it all.
OFTEN, SELDOM = 0.5, 0.04
OF_MANY = ("bounce", "auth", "spoof_signs", "mail", "envelope")


class RandomFacts:
    """Facts with any words of the vocabulary, the same for the same seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def facts(self):
        known = facts.Facts()
        for field in known.DESCRIPTOR.fields:
            if self.random.random() < (OFTEN if field.name in OF_MANY else SELDOM):
                self.fill(known, field)
        return known

    def fill(self, message, field):
        if field.message_type and field.message_type.GetOptions().map_entry:
            words = vocabulary.words(message.DESCRIPTOR.full_name, field.name) or TEXTS
            value = field.message_type.fields_by_name["value"]
            getattr(message, field.name)[self.random.choice(words)] = self.value(message, value)
        elif field.is_repeated:
            for _ in range(self.random.choice((1, 2, 3))):
                self.one_more(message, field)
        elif field.message_type:
            getattr(message, field.name).SetInParent()
            self.below(getattr(message, field.name))
        else:
            setattr(message, field.name, self.value(message, field))

    def one_more(self, message, field):
        if field.message_type:
            self.below(getattr(message, field.name).add())
        else:
            getattr(message, field.name).append(self.value(message, field))

    def below(self, message):
        if not message.DESCRIPTOR.full_name.startswith(vocabulary.PACKAGE):
            message.seconds = self.random.choice((0, 1_800_000_000))
            return
        for field in message.DESCRIPTOR.fields:
            if self.random.random() < OFTEN:
                self.fill(message, field)

    def value(self, message, field):
        if field.type == field.TYPE_BOOL:
            return self.random.random() < OFTEN
        if field.type == field.TYPE_STRING:
            words = vocabulary.words(message.DESCRIPTOR.full_name, field.name)
            if words and "" in words and self.random.random() < OFTEN:
                return ""
            return self.random.choice(words or TEXTS)
        if field.type == field.TYPE_BYTES:
            return b"\xff"
        if field.type == field.TYPE_DOUBLE:
            return self.random.choice(WEIGHTS)
        return self.random.choice(NUMBERS)


@pytest.fixture(scope="session")
def random_facts():
    """Facts by a seed."""
    return lambda seed: RandomFacts(seed).facts()
