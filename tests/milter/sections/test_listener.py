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


@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0"])
def test_not_everybody_may_name_a_client(network):
    (problem,) = refused(LISTENER + f'xclient_from = ["127.0.0.1", "{network}"]\n')
    assert "name your proxies" in problem
    assert parse(LISTENER + 'xclient_from = ["192.0.2.0/24"]\n', "x")


def test_lmtp_has_no_place_on_the_port_of_smtp():
    (problem,) = refused(LISTENER + 'protocol = "lmtp"\naddress = "127.0.0.1:25"\n')
    assert "RFC 2033 5" in problem
    for address in ("127.0.0.1:24", "127.0.0.1:1025", "unix:/run/x:25"):
        told = parse(LISTENER + f'protocol = "lmtp"\naddress = "{address}"\n', "x")
        assert told.listener[0].protocol == "lmtp"


def test_a_unix_socket_is_of_this_host():
    listener = parse(LISTENER + 'address = "unix:/run/pratique/in"\n', "x").listener[0]
    assert listener.relay_networks == ("127.0.0.0/8", "::1/128")
    assert (listener.socket_mode, listener.socket_group) == ("0660", None)


@pytest.mark.parametrize("address", ["unix:run/x", "unix:", f"unix:/{'x' * 107}"])
def test_a_unix_socket_has_a_path_that_fits(address):
    (problem,) = refused(LISTENER + f'address = "{address}"\n')
    assert "107 octets" in problem


def test_real_mail_survives_the_defaults():
    listener = parse(LISTENER, "x").listener[0]
    assert {listener.long_lines, listener.eight_bit_header, listener.nul} == {"accept"}


@pytest.mark.parametrize(
    ("setting", "least", "most"),
    [
        ("max_command", 1200, 65536),
        ("max_idle_commands", 10, 100_000),
        ("max_refused", 10, 100_000),
        ("max_errors", 5, 10_000),
        ("max_messages", 1, 10_000_000),
    ],
)
def test_a_limit_has_limits(setting, least, most):
    for value in (least, most):
        assert (
            getattr(parse(LISTENER + f"{setting} = {value}\n", "x").listener[0], setting) == value
        )
    for value in (least - 1, most + 1):
        assert setting in refused(LISTENER + f"{setting} = {value}\n")[0]


TLS = 'tls_certificate = "/etc/mx.pem"\ntls_key = "/etc/mx.key"\n'


def test_tls_is_not_spoken_unless_a_listener_says_so():
    listener = parse(LISTENER, "x").listener[0]
    assert (listener.tls, listener.tls_certificate, listener.tls_key) == ("none", None, None)
    for tls in ("opportunistic", "required", "implicit"):
        assert parse(LISTENER + f'tls = "{tls}"\n{TLS}', "x").listener[0].tls == tls


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ('tls = "required"\n', "tls = 'required' needs a certificate"),
        (TLS, "there is a certificate, but TLS is not spoken"),
        ('proxy_protocol_from = ["0.0.0.0/0"]\n', "anybody could be anybody"),
        ('proxy_protocol_from = ["::/0"]\n', "anybody could be anybody"),
        (
            'address = "unix:/run/mx.sock"\nproxy_protocol_from = ["127.0.0.1"]\n',
            "no PROXY header is read",
        ),
    ],
)
def test_what_could_not_be_kept_is_refused(written, why):
    (problem,) = refused(LISTENER + written)
    assert why in problem
