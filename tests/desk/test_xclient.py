"""A real client names another one with XCLIENT: swaks, as an admin tries a proxy's way."""

import subprocess
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.real("swaks"),
    pytest.mark.real("kernel confinement"),
    pytest.mark.slow,
]

SHIPPED = Path(__file__).parents[2] / "src/pratique/policies/shipped/default.toml"
POLICY = """
[[rule]]
name = "ann's"
when = 'envelope.authenticated == "ann@corp.example"'
actions = ["accept"]
reason = "she said who she is"

[[rule]]
name = "from there"
when = 'envelope.client.ip == "2001:db8::7" && envelope.client.name == "spike.example"'
actions = ["reject"]
reason = "nothing good comes from there"
"""


def swaks(port, *options):
    command = ["swaks", "--server", f"127.0.0.1:{port}", "--helo", "helo.example", *options]
    command += ["--from", "a@sender.example", "--to", "b@corp.example", "--timeout", "30"]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


@pytest.fixture
def start(service):
    """Start a service with these lines for its listener."""

    def start(listener):
        policy = service.folder / "policy.toml"
        policy.write_text(POLICY + SHIPPED.read_text())
        service.configure(listener, f'[policy]\nfile = "{policy}"\ntest_before = false\n')
        service.start()
        return service.port

    return start


NAMED = "NAME=spike.example ADDR=IPV6:2001:db8::7 PORT=4711 PROTO=ESMTP HELO=them.example"


def test_rules_are_about_the_named_client(start, service):
    port = start('xclient_from = ["127.0.0.1"]\ndomains = ["corp.example"]')
    refused = swaks(port, "--xclient", NAMED)
    assert "550 5.7.1 Message refused by policy" in refused.stdout
    taken = swaks(port, "--xclient", f"{NAMED} LOGIN=ann@corp.example")
    assert taken.returncode == 0, taken.stdout
    assert [line["rule"] for line in service.messages()] == ["from there", "ann's"]
    (content,) = service.delivered()
    assert b"Received: from them.example (spike.example [IPv6:2001:db8::7])" in content
    assert b" with ESMTPA id " in content


def test_the_named_client_may_not_relay_by_the_right_of_its_proxy(start):
    port = start('xclient_from = ["127.0.0.1"]\nrelay_from = ["127.0.0.0/8"]')
    assert swaks(port).returncode == 0
    assert "550 5.7.1 relaying denied" in swaks(port, "--xclient", NAMED).stdout


def test_a_stranger_is_not_even_offered_it(start):
    port = start('domains = ["corp.example"]')
    said = swaks(port, "--xclient", NAMED)
    assert "XCLIENT" not in said.stdout.partition("250 ")[0]
    assert said.returncode != 0
