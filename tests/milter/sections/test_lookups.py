"""What may be set for DNS, for lists that are asked by it, and for links."""

import pytest

from pratique.milter import assembly
from pratique.milter.config import parse
from pratique.milter.config_problems import ConfigError
from pratique.milter.sections.lookups import split_server

LIST = '[[block_list]]\nzone = "a.example"\nwhat = "hosts"\n'


def test_a_list_has_its_zone_for_a_name_unless_it_has_one():
    settings = parse(
        '[[block_list]]\nzone = "a.example"\nwhat = "hosts"\n'
        '[[block_list]]\nzone = "a.example"\nname = "b"\nwhat = "addresses"\n',
        "x",
    )
    assert [one.called for one in settings.block_list] == ["a.example", "b"]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('[[block_list]]\nzone = "a b"\nwhat = "hosts"', "no domain"),
        ('[[block_list]]\nzone = "a.example"\nwhat = "mail"', "hosts"),
        ('[[block_list]]\nzone = "a.example"', "what"),
        (LIST + 'codes = { "8.8.8.8" = "x" }', "127.0.0.0/8"),
        (LIST + 'test = "a b"', "no name and no address"),
        (LIST * 2, "same name"),
        ('[dns]\nservers = ["ns.example"]', "no IP address"),
        ('[dns]\nservers = ["127.0.0.1@x"]', "no port"),
        ("[dns]\nseconds = 31", "30"),
        ('[links]\nown_domains = ["-"]', "no domain"),
    ],
)  # fmt: skip
def test_a_mistake_is_told(written, told):
    with pytest.raises(ConfigError, match=told):
        parse(written, "x")


@pytest.mark.parametrize(
    ("written", "asked"),
    [("127.0.0.2", "2.0.0.127"), ("Test.Example.", "test.example"), ("test", "test"), ("", "")],
)
def test_what_a_list_is_tried_with_is_an_address_or_a_name(written, asked):
    (one,) = parse(LIST + f'test = "{written}"', "x").block_list
    assert one.test == asked


def test_a_server_may_have_a_port():
    assert split_server("127.0.0.1") == ("127.0.0.1", 53)
    assert split_server("::1@5353") == ("::1", 5353)


@pytest.mark.parametrize(
    ("links", "own"),
    [
        ("", ["a.example", "b.example"]),
        ('[links]\nown_domains = ["c.example"]\n', ["c.example"]),
        ("[links]\nown_domains = []\n", []),
    ],
)
def test_our_domains_are_those_of_the_listeners_unless_they_are_told(links, own):
    listener = '[[listener]]\nreply = "sender"\ndomains = ["a.example", ".b.example"]\n'
    setup = assembly.setup_of(parse(listener + links, "x"))
    assert list(setup.own_domains) == own


def test_shorteners_of_the_settings_reach_the_workers():
    setup = assembly.setup_of(parse('[links]\nshorteners = ["go.example"]\n', "x"))
    assert list(setup.shorteners) == ["go.example"]
