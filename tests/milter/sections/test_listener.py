"""What a listener may be told, and what it makes of what it is not told."""

import pytest

from pratique.milter.config import parse
from pratique.milter.config_problems import ConfigError

LISTENER = '[[listener]]\nreply = "sender"\n'


def refused(text):
    with pytest.raises(ConfigError) as caught:
        parse(text, "pratique.toml")
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("address", ["0.0.0.0:25", "192.0.2.1:25", "[::]:25"])
def test_a_listener_open_to_other_hosts_must_say_whom_it_serves(address):
    (problem,) = refused(LISTENER + f'address = "{address}"\n')
    assert "open to other hosts" in problem
    for rule in ('domains = ["example.org"]', 'relay_from = ["192.0.2.0/24"]'):
        assert parse(LISTENER + f'address = "{address}"\n{rule}\n', "x")


@pytest.mark.parametrize("address", ["127.0.0.1:25", "127.1.2.3:25", "[::1]:25"])
def test_a_listener_on_loopback_relays_for_loopback_alone(address):
    settings = parse(LISTENER + f'address = "{address}"\n', "x")
    assert settings.listener[0].relay_networks == ("127.0.0.0/8", "::1/128")


def test_a_loopback_listener_with_domains_relays_for_nobody():
    settings = parse(LISTENER + 'domains = ["example.org"]\n', "x")
    assert settings.listener[0].relay_networks == ()


def test_received_is_added_unless_a_peer_of_ours_does_it():
    plain = parse(LISTENER, "x").listener[0]
    behind = parse(LISTENER + 'xforward_from = ["127.0.0.1"]\n', "x").listener[0]
    told = parse(LISTENER + 'xforward_from = ["127.0.0.1"]\nreceived = true\n', "x").listener[0]
    assert (plain.adds_received, behind.adds_received, told.adds_received) == (True, False, True)


def test_behind_a_queue_line_ends_are_repaired_since_a_refusal_is_a_bounce():
    queue = parse('[[listener]]\nreply = "queue"\n', "x").listener[0]
    sender = parse(LISTENER, "x").listener[0]
    told = parse(LISTENER + 'bare_line_ends = "repair"\n', "x").listener[0]
    assert [one.repairs_line_ends for one in (queue, sender, told)] == [True, False, True]
