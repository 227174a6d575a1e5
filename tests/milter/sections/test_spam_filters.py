"""What an admin may set for spam filters, and what is refused."""

import pytest

from pratique.milter.config import ConfigError, parse


def test_without_an_address_none_is_asked():
    settings = parse("", "x")
    assert (settings.rspamd.address, settings.spamassassin.address) == (None, None)
    assert settings.rspamd.self_test


@pytest.mark.parametrize("name", ["rspamd", "spamassassin"])
@pytest.mark.parametrize("address", ["127.0.0.1:1", "[::1]:1", "h.example:1", "unix:/run/s"])
def test_an_address_is_a_host_and_a_port_or_a_socket(name, address):
    assert getattr(parse(f'[{name}]\naddress = "{address}"\n', "x"), name).address == address


@pytest.mark.parametrize(
    "text",
    [
        '[rspamd]\naddress = "http://h:1"', '[rspamd]\naddress = "h"',
        '[rspamd]\naddress = "a b:1"', '[rspamd]\naddress = "a\\r\\nb:1"',
        '[spamassassin]\naddress = "unix:run"', "[rspamd]\nshow = 'parts'",
        "[rspamd]\nconnections = 0", "[rspamd]\nmax_size = 0", "[rspamd]\nuser = 'joe'",
        "[spamassassin]\nuser = 'a b'", '[spamassassin]\nuser = "a\\r\\nb"',
        '[rspamd]\npassword = "a\\r\\nb"', "[spamassassin]\npassword = 'x'",
        "[rspamd]\naddress = 'h:1'\nseconds = 60",
        "[spamassassin]\naddress = 'h:1'\nseconds = 60",
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(text):
    with pytest.raises(ConfigError):
        parse(text, "x")


def test_a_password_is_not_shown_in_what_is_told():
    with pytest.raises(ConfigError) as error:
        parse('[rspamd]\npassword = "sesame\\n"', "x")
    assert "sesame" not in str(error.value)


def test_one_that_is_not_asked_may_have_more_time_than_there_is():
    assert parse("[rspamd]\nseconds = 60", "x").rspamd.seconds == 60
