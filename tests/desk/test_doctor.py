"""What `pratique doctor` says of a real Postfix beside a running service is what mail meets."""

import json
import smtplib
import subprocess

import pytest

pytestmark = [
    pytest.mark.real("postfix"),
    pytest.mark.real("kernel confinement"),
    pytest.mark.slow,
]
PLAIN = b"From: <a@sender.example>\r\nSubject: hello\r\n\r\nhello\r\n"


class Desk:
    """A Postfix that asks our milter, as docs/postfix.md says."""

    def __init__(self, relay, service, port):
        self.relay, self.service, self.port = relay, service, port
        self.folder = relay.folder / "spool/pratique"
        self.socket = self.folder / "milter.sock"
        service.config.write_text(
            f'state = "{service.state}"\n[[milter]]\nreply = "sender"\n'
            f'socket = "unix:{self.socket}"\n[quarantine]\nkeep_days = 30\n'
        )
        relay.main |= {
            "smtpd_milters": "unix:pratique/milter.sock",
            "milter_content_timeout": "100s",
        }
        relay.services.append(f"127.0.0.1:{port} inet n - y - - smtpd")
        relay.ports.append(port)

    def start(self, until):
        self.relay.start()
        made = ["install", "-d", "-o", "root", "-g", "postfix", "-m", "2750", self.folder]
        subprocess.run(made, check=True)
        self.service.start()
        until(self.socket.is_socket, "socket of the milter")

    def wrong(self):
        """What is wrong in the eyes of the doctor."""
        etc = str(self.relay.folder / "etc")
        command = ("doctor", "--json", "--postfix", etc, "service", "postfix")
        said = self.service.run(*command, status=self.status)
        lines = [json.loads(line) for line in said.splitlines()]
        return [line["what"] for line in lines if line["state"] == "wrong"]

    status = 0

    def code(self):
        """Send a plain mail; gives the code of the last reply."""
        with smtplib.SMTP("127.0.0.1", self.port, timeout=60) as client:
            client.ehlo("client.example")
            for say in (client.mail, client.rcpt):
                code, _ = say("a@corp.example")
                if code >= 400:
                    return code
            return client.data(PLAIN)[0]


@pytest.fixture
def desk(postfix, service, sink, free_port):
    return Desk(postfix(sink.port), service, free_port())


def test_where_it_says_that_all_is_well_mail_passes_and_else_it_does_not(desk, sink, until):
    desk.start(until)
    assert desk.wrong() == []
    until(lambda: desk.code() == 250, "plain mail that passes")
    until(lambda: sink.messages, "message in the sink")

    desk.status = 1
    for path, mode, right in ((desk.folder, 0o700, 0o2750), (desk.socket, 0o600, 0o660)):
        path.chmod(mode)
        (what,) = desk.wrong()
        assert "Postfix cannot connect to" in what
        assert desk.code() == 451
        path.chmod(right)
    desk.status = 0
    assert desk.wrong() == []
    assert desk.code() == 250


def test_accept_is_told_and_lets_mail_pass_that_nobody_saw(desk, sink, until):
    desk.relay.main["milter_default_action"] = "accept"
    desk.start(until)
    desk.status = 1
    (what,) = desk.wrong()
    assert "mail passes that nobody looked at" in what
    desk.service.stop()
    assert desk.code() == 250
    until(lambda: sink.messages, "message in the sink")
