"""What the journal keeps of a message, for programs."""

import hashlib
from datetime import UTC, datetime

import pytest

from pratique.milter.cli.decided import Policies
from pratique.milter.cli.why_json import to_json
from pratique.milter.journal.entry import Entry, Kept, PolicyText
from pratique.milter.mail import Client, Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.policies.verdict import Action, Verdict
from pratique.scanners.facts_pb2 import Facts

TEXT = """\
[[rule]]
name = "program"
# Of any kind.
when = '''
any_kind("executable") &&
  mail.size > 0'''
actions = ["reject"]
reason = "no programs"

[[rule]]
name = "all other mail"
actions = ["accept"]
"""
POLICY = PolicyText("policy.toml", hashlib.sha256(TEXT.encode()).hexdigest(), TEXT)
REJECT = Verdict(Action.REJECT, "program", "no programs")
ACCEPT = Verdict(Action.ACCEPT, "all other mail", "")


@pytest.fixture
def policies(tmp_path):
    (tmp_path / "policy.toml").write_text(TEXT)
    return Policies(str(tmp_path / "policy.toml"))


def kept(verdicts):
    facts = Facts(parts=[{"id": 0, "parent": -1}, {"id": 1, "name": "a.exe"}])
    recipients = tuple(Forward(f"r{number}@example.net") for number in range(len(verdicts)))
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    client = Client("192.0.2.7", "mail.example.org", "helo.example.org")
    envelope = Envelope("06G8ZQK3W5T00AB", noon, "ann@example.org", (), recipients, client)
    reply = Reply(550, ("5.7.1 no",))
    entry = Entry(envelope, facts, verdicts, "reject", "program", "refused", reply, 1, POLICY)
    return Kept(entry, "2026-11-22.sqlite3", 7, "plain")


def test_for_programs_there_is_everything(policies):
    written = to_json(kept((ACCEPT, REJECT)), policies)
    assert written["queue_id"] == "06G8ZQK3W5T00AB"
    assert written["condition"].startswith('any_kind("executable")')
    assert (written["line"], written["condition_line"]) == (1, 4)
    assert (written["action"], written["rule"]) == ("reject", "program")
    assert written["policy"] == {
        "name": "policy.toml",
        "hash": POLICY.hash,
        "in_force": True,
    }
    assert [one["rule"] for one in written["recipients"]] == ["all other mail", "program"]
    assert [part["name"] for part in written["parts"]] == ["", "a.exe"]
    assert written["kept_in"] == {"file": "2026-11-22.sqlite3", "number": 7}
