"""What the README says, done as it says: its policy, its configuration, its Postfix."""

import re
import smtplib
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
    assert settings.next_hop.address == settings.release.next_hop == "127.0.0.1:10026"


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
    front, behind = free_port(), free_port()
    relay = postfix(sink.port)
    ours = {"10025": str(service.port), "10026": str(behind)}
    for line in block("smtpd_proxy_filter = ").splitlines():
        name, _, value = line.partition(" = ")
        relay.main[name] = value.replace("10025", ours["10025"])
    relay.listen(front)
    relay.services.append(block("127.0.0.1:10026 inet").replace("10026", ours["10026"]).rstrip())
    relay.ports.append(behind)
    relay.start()
    settings = SETTINGS.replace("/var/lib/pratique", str(service.state))
    for written, port in ours.items():
        settings = settings.replace(written, port)
    service.config.write_text(settings)
    service.start()
    with smtplib.SMTP("127.0.0.1", front, timeout=30) as client:
        client.sendmail("a@sender.example", ["b@corp.example"], PLAIN)
        with pytest.raises(smtplib.SMTPDataError, match="refused by policy"):
            client.sendmail("a@sender.example", ["b@corp.example"], PROGRAM)
    until(lambda: sink.messages, "message in the sink")
    assert len(sink.messages) == 1
