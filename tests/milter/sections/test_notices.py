"""Who may be told, and where mail may go instead."""

import pytest

from pratique.milter.config import ConfigError, Settings, parse

MILTER = '[[milter]]\nreply = "sender"\nsocket = "inet:127.0.0.1:8891"\n'


def test_without_a_section_nobody_is_told():
    assert Settings().notices.addresses == ()
    assert not Settings().notices.alerts


def test_each_can_be_set():
    text = '[notices]\naddresses = ["Sec@our.example"]\nper_hour = 100\nalerts = true\n'
    section = parse(text, "x.toml").notices
    assert section.known == {"sec@our.example"}
    assert section.per_hour == 100


@pytest.mark.parametrize(
    "address",
    ["", "x", "@our.example", "a@", "a b@our.example", "<a@b.example>", "a@b\r\nTo: c", "ü@b.c"],
)
@pytest.mark.parametrize("name", ["addresses", "redirect_to"])
def test_what_is_no_address_is_refused(name, address):
    with pytest.raises(ConfigError, match=r"is no address; write 'security@example\.org'"):
        parse(f"[notices]\n{name} = [{address!r}]\n".replace("'", '"'), "x.toml")


@pytest.mark.parametrize(("count", "taken"), [(100, True), (101, False)])
def test_there_are_a_hundred_addresses_at_most(count, taken):
    text = f"[notices]\naddresses = {[f'a{n}@our.example' for n in range(count)]}\n"
    if taken:
        assert len(parse(text, "x.toml").notices.addresses) == count
    else:
        with pytest.raises(ConfigError):
            parse(text, "x.toml")


@pytest.mark.parametrize("value", [0, 101])
def test_the_rate_has_bounds(value):
    with pytest.raises(ConfigError):
        parse(f"[notices]\nper_hour = {value}\n", "x.toml")


def test_alerts_need_somebody():
    with pytest.raises(ConfigError, match="alerts = true needs addresses"):
        parse("[notices]\nalerts = true\n", "x.toml")


def test_with_milters_it_must_be_said_where_notices_go():
    told = '[notices]\naddresses = ["a@our.example"]\n'
    with pytest.raises(ConfigError, match=r"write next_hop = '127.0.0.1:25' into \[notices\]"):
        parse(MILTER + told, "x.toml")
    for way in ('next_hop = "127.0.0.1:25"\n', '[next_hop]\nkind = "smtp"\naddress = "a:25"\n'):
        assert parse(MILTER + told + way, "x.toml").notices.addresses
