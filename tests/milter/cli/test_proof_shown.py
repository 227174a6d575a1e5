"""What a person reads: calm, folded, and harmless whatever a stranger wrote."""

import io

import pytest
from rich.console import Console

from pratique.milter.cli.proof_shown import show
from pratique.milter.cli.reasons import Reasons, reasons_of
from pratique.milter.mail import Forward
from pratique.policies.policy import Policy
from pratique.scanners.facts_pb2 import Facts

HOSTILE = "\x1b[2Jinvoice\u202efdp[bold].exe\r\n"
TEXT = """
[[rule]]
name    = "first"
when    = "bounce.claimed && mail.size > 5"
actions = ["reject"]
reason  = "r"

[[rule]]
name    = "stated"
when    = "mail.size > 0"
actions = ["note"]
reason  = "has a size"

[[rule]]
name    = "tried"
when    = "mail.size > 0"
mode    = "shadow"
actions = ["quarantine"]
reason  = "r"

[[rule]]
name    = "program"
when    = '''
  mail.size < 10KB  // small
    && (parts.exists(p, p.kind == "executable") || bounce.verified)
    && !bounce.flood
'''
actions = ["reject"]
reason  = "no programs"

[[rule]]
name    = "all other mail"
actions = ["accept"]
"""


@pytest.fixture
def known():
    parts = [{"id": 0, "parent": -1}, {"id": 1, "kind": "executable", "name": HOSTILE}]
    return Facts(mail={"size": 9}, parts=parts)


def shown(reasons, width=100, **options):
    out = io.StringIO()
    show(Console(file=out, width=width, color_system=None), reasons, **options)
    return out.getvalue()


@pytest.fixture
def reasons(known):
    return reasons_of(Policy.load(TEXT, "policy.toml"), known, [Forward("")])


def lines(text):
    return [line.rstrip() for line in text.splitlines()]


PROGRAM = """\
rejected: no programs
  rule `program`  (policy.toml, line 21)
    ✓ all of
      ✓ mail.size < 10KB
          mail.size = 9
      ✓ any of
        ✓ parts.exists(p, p.kind == "executable")
            part 1 ("\\x1b[2Jinvoice\\u202efdp[bold].exe\\x0d\\x0a")  p.kind = "executable"
        · bounce.verified
      ✓ not
        ✗ bounce.flood
            bounce.flood = false
  noted by rule `stated`  (policy.toml, line 8): has a size
    ✓ mail.size > 0
        mail.size = 9
  in the shadow, rule `tried`  (policy.toml, line 14) would have said quarantine
    ✓ mail.size > 0
        mail.size = 9
  one rule before it did not hold; --all says why
"""


def test_the_rule_its_condition_and_the_facts_are_a_tree(reasons):
    text = "\n".join(lines(shown(reasons)))
    assert text.startswith(PROGRAM)
    assert "→ it would be accepted if `bounce.flood` were true  (rule `all other mail`)" in text


@pytest.mark.parametrize("width", [80, 120])
def test_it_is_folded_and_obeyed_by_no_terminal(reasons, width):
    text = shown(reasons, width)
    assert all(line.isprintable() and len(line) <= width for line in text.splitlines())


def test_rules_before_are_named_if_asked_for(reasons):
    text = shown(reasons, all_rules=True)
    assert "before it did not hold:\n    ✗ first: bounce.claimed" in "\n".join(lines(text))


def test_the_last_rule_has_no_condition():
    reasons = reasons_of(Policy.load(TEXT), Facts(), [Forward("")])
    assert "it has no condition: it is for all other mail" in shown(reasons)


def test_where_there_is_no_answer_it_says_why():
    text = TEXT.replace("bounce.claimed && mail.size > 5", "envelope.macros['x'] == 'y'")
    said = shown(reasons_of(Policy.load(text), Facts(), [Forward("")]))
    assert said.startswith("held: the condition could not be evaluated")
    assert "? envelope.macros['x'] == 'y'  " in said


def test_recipients_are_named_where_verdicts_differ(known):
    text = TEXT.replace("bounce.claimed && mail.size > 5", "rcpt.address == 'r0@b.example'")
    forwards = [Forward(f"r{number}@b.example") for number in range(6)]
    said = shown(reasons_of(Policy.load(text), known, forwards))
    assert "rejected for r0@b.example: r" in said
    assert "rejected for r1@b.example, r2@b.example, r3@b.example and 2 more: no programs" in said


def test_remarks_come_first_and_what_is_left_out_is_counted():
    said = shown(Reasons("p", (), 2, (f"cannot be had {HOSTILE}",)))
    assert said.startswith("cannot be had \\x1b[2J")
    assert "and 2 other verdicts, for other recipients" in said


def test_a_terminal_without_such_letters_is_shown_others(reasons):
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    show(Console(file=out, width=100, color_system=None), reasons)
    out.flush()
    text = out.buffer.getvalue().decode("ascii")
    assert "+ all of" in text
    assert "- bounce.flood" in text
    assert "> it would be accepted" in text
