"""`pratique inspect`: what programs read of it, what a person reads, and its exit status."""

import json
from datetime import date, datetime

import pytest
from click.testing import CliRunner

from pratique.milter.cli.main import main
from pratique.milter.lookups.bounces.proof import MORE_USES
from pratique.milter.sent import keys as key_files
from pratique.milter.sent import watermark
from pratique.milter.sent.day import day_of

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
    assert {"claimed", "verified", "evidence", "other"} <= set(first["bounce"])
    assert {"spf", "dkim", "dmarc", "arc", "authenticated_as", "checker"} <= set(first["auth"])
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
        (("--ledger", "nowhere.json", "-"), "nowhere.json cannot be read: No such file"),
        (("--ledger", ".", "-"), "cannot be read: Is a directory"),
        (("--at", "yesterday", "-"), "2026-11-22"),
        (("--recipient", "no address", "-"), "no address"),
        ((), "PATH"),
    ],
)
def test_what_cannot_run_says_why_and_is_status_2(arguments, words):
    done = run(*arguments)
    assert done.exit_code == 2
    assert words in done.stderr


BOUNCE = b"""\
From: MAILER-DAEMON@there.example
To: ann@example.org
Subject: Undelivered Mail Returned to Sender
Message-ID: <1@there.example>
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

Sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; there.example

Final-Recipient: rfc822; gone@there.example
--b
Content-Type: message/rfc822

Received: from pc.example.org by mx.example.org
From: ann@example.org
To: gone@there.example
Message-ID: <original@example.org>

hello
--b--
"""
SENT = {
    "message_id": "<original@example.org>",
    "mail_from": "ann@example.org",
    "rcpt_to": ["gone@there.example"],
    "date": "2026-03-01T09:00:00+09:00",
}
AT = ("--at", "2026-03-02T12:00:00+09:00")


@pytest.fixture
def bounced(tmp_path):
    """Write bounces and a ledger; have them looked at, and give what is said of each."""

    def looked(*options, sent=(SENT,), count=1, octets=BOUNCE):
        folder = tmp_path / "bounces"
        folder.mkdir()
        for number in range(count):
            (folder / f"{number:02}.eml").write_bytes(octets)
        (tmp_path / "ledger.json").write_text(json.dumps({"sent": list(sent)}))
        done = run("--json", "--ledger", tmp_path / "ledger.json", *options, folder)
        assert done.exit_code in (0, 1), done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return looked


def kinds(one):
    return {each["kind"] for each in one["bounce"]["evidence"]}


@pytest.mark.parametrize(
    ("options", "is_verified"),
    [
        (AT, True),
        ((*AT, "--reverse-path", "", "--recipient", "Ann@example.org"), True),
        ((*AT, "--recipient", "bob@example.org"), False),
        ((*AT, "--recipient", "ann@example.org", "--recipient", "bob@example.org"), False),
        (("--at", "2026-03-09T12:00:00+09:00"), False),
        (("--at", "2026-02-01T12:00:00+09:00"), False),
        ((*AT, "--direction", "outbound"), False),
    ],
)
def test_a_bounce_of_what_the_ledger_has_is_verified(bounced, options, is_verified):
    (one,) = bounced(*options)
    assert one["bounce"]["claimed"]
    assert one["bounce"]["verified"] is is_verified
    assert ("sent_message" in kinds(one)) is is_verified
    assert one["bounce"]["weight"] == round(sum(e["weight"] for e in one["bounce"]["evidence"]), 1)


def test_what_the_ledger_does_not_have_was_not_sent(bounced):
    (one,) = bounced(*AT, sent=({**SENT, "message_id": "<x@example.org>", "rcpt_to": ["a@b.c"]},))
    assert not one["bounce"]["verified"]
    assert "never_sent" in kinds(one)
    assert (one["action"], one["rule"]) == ("quarantine", "bounce of what we never sent")


def test_without_a_ledger_nothing_is_held_against_a_bounce(mails):
    (mails / "bounce.eml").write_bytes(BOUNCE)
    one = json.loads(run("--json", *AT, mails / "bounce.eml").stdout)
    assert one["action"] == "accept"
    assert not kinds(one) & {"never_sent", "never_ours", "sent_message", "sent_recipient"}


def test_each_file_uses_a_proof_once(bounced):
    looked = bounced(*AT, count=MORE_USES + 3)
    assert sum(one["bounce"]["verified"] for one in looked) == MORE_USES + 1
    assert sum("replayed" in kinds(one) for one in looked) == 2


def test_domains_of_the_ledger_are_ours_for_signs_of_spoofing_too(bounced):
    octets = b"From: boss@example.org\nTo: ann@example.org\nSubject: hello\n\nhello\n"
    (one,) = bounced(*AT, "--client-ip", "203.0.113.9", octets=octets)
    assert [each["kind"] for each in one["spoof_signs"]] == ["own_domain"]


def test_domains_of_the_configuration_come_first(bounced, tmp_path):
    config = tmp_path / "pratique.toml"
    config.write_text('[links]\nown_domains = ["else.example"]\n')
    octets = b"From: boss@example.org\nTo: ann@example.org\nSubject: hello\n\nhello\n"
    (one,) = bounced(*AT, "--client-ip", "203.0.113.9", "--config", config, octets=octets)
    assert one["spoof_signs"] == []


def test_keys_of_the_configuration_know_their_marks(bounced, tmp_path):
    keys = tmp_path / "sent.keys"
    key_files.add(keys, date(2026, 1, 1))
    at = datetime.fromisoformat(AT[1])
    mark = watermark.mark(
        key_files.read(keys), day_of(at) - 1, "<original@example.org>", "ann@example.org"
    )
    config = tmp_path / "pratique.toml"
    config.write_text(f'[sent]\nkeys = "{keys}"\n[links]\nown_domains = ["example.org"]\n')
    octets = BOUNCE.replace(b"To: gone", f"{watermark.FIELD}: {mark}\nTo: gone".encode())
    (one,) = bounced(*AT, "--config", config, octets=octets, sent=())
    assert one["bounce"]["verified"]
    assert "watermark" in kinds(one)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("{", "is no JSON"),
        ("[]", "has no list `sent`"),
        ('{"sent": [{"message_id": "<a@b>"}]}', "message 1 of `sent`"),
    ],
)
def test_a_ledger_that_is_none_is_told_and_nothing_is_looked_at(mails, written, words):
    (mails / "ledger.json").write_text(written)
    done = run("--json", "--ledger", mails / "ledger.json", mails)
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_keys_that_cannot_be_used_are_told(mails):
    (mails / "ledger.json").write_text('{"sent": []}')
    domains = '[links]\nown_domains = ["example.org"]\n'
    (mails / "pratique.toml").write_text(f'[sent]\nkeys = "{mails}/gone.keys"\n{domains}')
    done = run("--config", mails / "pratique.toml", "--ledger", mails / "ledger.json", mails)
    assert done.exit_code == 2
    assert "gone.keys" in done.stderr


def test_a_person_sees_what_proves_a_bounce(mails):
    (mails / "bounce.eml").write_bytes(BOUNCE)
    (mails / "ledger.json").write_text(json.dumps({"sent": [SENT]}))
    done = run(*AT, "--ledger", mails / "ledger.json", mails / "bounce.eml")
    assert "bounce claimed, verified" in done.stdout
    assert "+10.0 sent_message: <original@example.org>" in done.stdout
    assert "together" in done.stdout
