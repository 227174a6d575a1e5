"""`pratique inspect`: what programs read of it, what a person reads, and its exit status."""

import json

import pytest
from click.testing import CliRunner

from pratique.milter.cli.main import main

pytestmark = [pytest.mark.real("kernel confinement"), pytest.mark.slow]

PLAIN = b"From: Ann <ann@example.org>\r\nSubject: hello\r\n\r\nhello\r\n"
HOSTILE_NAME = b"=?utf-8?q?=1b=5b2J=e2=80=aegpj=2eexe?="
PROGRAM = (
    b'From: ann@example.org\r\nContent-Type: application/octet-stream; name="' + HOSTILE_NAME + b'"'
    b"\r\n\r\nMZ is all it says\r\n"
)


@pytest.fixture
def mails(tmp_path):
    (tmp_path / "a.eml").write_bytes(PLAIN)
    (tmp_path / "b.eml").write_bytes(PROGRAM)
    return tmp_path


def run(*arguments, stdin=b""):
    return CliRunner().invoke(main, ["inspect", *map(str, arguments)], input=stdin)


def test_accepted_mail_is_status_0(mails):
    assert run(mails / "a.eml").exit_code == 0


def test_refused_mail_is_status_1(mails):
    assert run(mails).exit_code == 1


def test_json_is_one_object_a_line_with_the_keys_that_others_rely_on(mails):
    lines = [json.loads(line) for line in run("--json", mails).stdout.splitlines()]
    assert [line["file"] for line in lines] == [str(mails / "a.eml"), str(mails / "b.eml")]
    first, second = lines
    assert {
        "file", "action", "rule", "reason", "recipients", "parts", "ambiguities", "findings",
        "bounce", "auth", "limits", "failures", "milliseconds",
    } <= set(first)  # fmt: skip
    assert {
        "id", "parent", "path", "name", "names", "type", "declared_type", "kind", "size", "sha256",
        "depth", "views", "encrypted", "unopened", "disguised",
    } <= set(first["parts"][0])  # fmt: skip
    assert (first["action"], first["recipients"]) == (
        "accept",
        [{"address": "", "action": "accept", "rule": first["rule"]}],
    )
    assert first["parts"][1]["unopened"] is None
    assert set(first["bounce"]) == {"claimed", "verified", "evidence", "other"}
    assert set(first["auth"]) == {"spf", "dkim", "dmarc", "arc", "authenticated_as", "checker"}
    assert second["action"] == "reject"
    assert second["parts"][1]["kind"] == "executable"


def test_a_file_that_cannot_be_read_is_an_error_object_and_the_run_goes_on(mails):
    done = run("--json", mails / "gone", mails / "a.eml")
    first, second = map(json.loads, done.stdout.splitlines())
    assert set(first) == {"file", "error"}
    assert (second["action"], done.exit_code) == ("accept", 1)


def test_a_person_sees_a_tree_that_cannot_move_the_terminal(mails):
    done = run(mails / "b.eml")
    assert done.stdout.isascii() or "├" in done.stdout or "└" in done.stdout
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout
    assert "executable" in done.stdout
    assert "reject" in done.stdout


def test_json_is_ascii_whatever_a_stranger_wrote(mails):
    assert run("--json", mails).stdout.isascii()


def test_each_recipient_has_a_verdict(mails):
    done = run(
        "--json", "--recipient", "a@Example.org", "--recipient", "b@example.org", mails / "a.eml"
    )
    (line,) = map(json.loads, done.stdout.splitlines())
    assert [one["address"] for one in line["recipients"]] == ["a@Example.org", "b@example.org"]


POLICY = '''
[[rule]]
name = "known"
when = """has(envelope.reverse_path) && envelope.reverse_path == ""
       && envelope.client.ip == "192.0.2.1" """
actions = ["reject"]
reason = "as told"
  [[rule.test]]
  facts = { envelope = { reverse_path = "", client = { ip = "192.0.2.1" } } }
  expect = "reject"
[[rule]]
name = "unseen"
when = """parts.exists(p, p.unopened != "")
       || size(ambiguities) + size(limits) + size(failures) > 0"""
actions = ["quarantine"]
reason = "unseen"
  [[rule.test]]
  facts = { parts = [{ unopened = "pgp" }] }
  expect = "quarantine"
[[rule]]
name = "rest"
actions = ["accept"]
  [[rule.test]]
  facts = {}
  expect = "accept"
'''


@pytest.mark.parametrize(
    ("options", "action"),
    [
        (("--reverse-path", "", "--client-ip", "192.0.2.1"), "reject"),
        (("--reverse-path", "x@y.org", "--client-ip", "192.0.2.1"), "accept"),
        (("--client-ip", "192.0.2.1"), "accept"),
    ],
)
def test_the_policy_is_told_the_envelope_of_the_command_line(mails, options, action):
    (mails / "p.toml").write_text(POLICY)
    done = run("--json", "--policy", mails / "p.toml", *options, mails / "a.eml")
    assert json.loads(done.stdout)["action"] == action


def test_standard_input_is_a_dash():
    done = run("--json", "-", stdin=PLAIN)
    assert json.loads(done.stdout)["file"] == "-"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--policy", "nonsense", "-"), "no policy 'nonsense'"),
        (("--ledger", "x", "-"), "not built yet"),
        (("--at", "yesterday", "-"), "2026-11-22"),
        (("--recipient", "no address", "-"), "no address"),
        ((), "PATH"),
    ],
)
def test_what_cannot_run_says_why_and_is_status_2(arguments, words):
    done = run(*arguments)
    assert done.exit_code == 2
    assert words in done.stderr
