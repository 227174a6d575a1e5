"""What the README says, done as it says: its policy, its configuration, its Postfix."""

import re
import smtplib
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from pratique.milter import config
from pratique.milter.cli.main import main
from pratique.milter.sent import keys
from pratique.policies.check import check

README = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
POLICY, SETTINGS, SENDERS, _ = (text for language, text in BLOCKS if language == "toml")
PLAIN = b"From: <a@sender.example>\r\nSubject: hello\r\n\r\nhello\r\n"
PROGRAM = PLAIN.replace(
    b"Subject", b'Content-Type: application/octet-stream; name="a.exe"\r\nSubject'
)


def block(beginning):
    (text,) = [text for _, text in BLOCKS if text.startswith(beginning)]
    return text


def test_the_policy_is_sound():
    assert check(POLICY, "README.md", demand_tests=False) == []


def test_without_its_middle_rule_the_policy_is_refused():
    first, middle, last = POLICY.split("[[rule]]\n")[1:]
    assert "not looked into" in middle
    problems = check(f"[[rule]]\n{first}[[rule]]\n{last}", "README.md", demand_tests=False)
    assert any("decided by no rule" in problem.message for problem in problems)


def test_the_configuration_is_sound():
    settings = config.parse(SETTINGS, "README.md")
    (milter,) = settings.milter
    assert (milter.reply, settings.release.next_hop) == ("sender", "127.0.0.1:10026")


def test_the_settings_for_what_is_sent_and_who_sends_are_sound_beside_them(tmp_path):
    settings = config.parse(SETTINGS + SENDERS, "README.md")
    assert settings.own_domains == ("example.org",)
    assert settings.authentication.authserv_id == "mx.example.org"
    made = block("$ pratique keys new").split()[1:]
    assert Path(made[-1]) == settings.sent.keys
    file = tmp_path / "sent.keys"
    assert CliRunner().invoke(main, [*made[1:-1], str(file)]).exit_code == 0
    assert keys.read(file).signing.number == 1


@pytest.mark.slow
@pytest.mark.real("postfix")
@pytest.mark.real("kernel confinement")
def test_postfix_works_as_the_readme_sets_it_up(postfix, service, sink, free_port, until):
    front, behind = free_port(), str(free_port())
    relay = postfix(sink.port)
    spool = f"{relay.folder}/spool"
    for line in block("smtpd_milters = ").splitlines():
        name, _, value = line.partition(" = ")
        relay.main[name] = value
    relay.listen(front)
    relay.services.append(block("127.0.0.1:10026 inet").replace("10026", behind).rstrip())
    relay.ports.append(int(behind))
    relay.start()
    (made,) = re.findall(r"^    (install .*)$", README, re.MULTILINE)
    made = made.replace("-o pratique", "-o root").replace("/var/spool/postfix", spool)
    subprocess.run(made.split(), check=True)
    settings = SETTINGS.replace("/var/lib/pratique", str(service.state))
    settings = settings.replace("/var/spool/postfix", spool).replace("10026", behind)
    service.config.write_text(settings)
    # It has no port of its own to wait for: it listens when its socket is there.
    service.port = front
    service.start()
    until(Path(f"{spool}/pratique/milter.sock").exists, "socket")
    with smtplib.SMTP("127.0.0.1", front, timeout=30) as client:
        client.sendmail("a@sender.example", ["b@corp.example"], PLAIN)
        with pytest.raises(smtplib.SMTPDataError, match="refused by policy"):
            client.sendmail("a@sender.example", ["b@corp.example"], PROGRAM)
    until(lambda: sink.messages, "message in the sink")
    assert len(sink.messages) == 1
