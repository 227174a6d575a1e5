"""DNS: our own name, and lists at a real server that says what a test wants."""

import pytest

from pratique.milter.doctor.dns import lists, own_names

ADDRESSES = '[[block_list]]\nzone = "zen.example.net"\nwhat = "addresses"\n'
HOSTS = '[[block_list]]\nzone = "dbl.example.net"\nname = "dbl"\nwhat = "hosts"\n'
LISTED, UNLISTED = "2.0.0.127.zen.example.net", "1.0.0.127.zen.example.net"


@pytest.fixture
def asked(case, name_server, said):
    async def asked(text):
        servers = f'[dns]\nservers = ["127.0.0.1@{name_server.port}"]\n'
        return await said(lists, case(servers + text))

    return asked


async def test_a_list_that_lists_what_it_must_and_no_more_answers(asked, name_server):
    name_server.zone = {LISTED: ["127.0.0.2", "127.0.0.4"]}
    (line,) = await asked(ADDRESSES)
    assert (line.state, line.what) == (
        "ok",
        "list zen.example.net (zen.example.net), by 127.0.0.1: answers",
    )
    assert sorted(name_server.asked) == [UNLISTED, LISTED]


@pytest.mark.parametrize(
    ("zone", "what"),
    [
        ({}, "is not listed"),
        ({LISTED: ["127.0.0.2"], UNLISTED: ["127.0.0.2"]}, "what no list may have"),
        ({LISTED: ["127.255.255.254"]}, "refuses to answer us"),
        ({LISTED: ["127.0.0.1"], UNLISTED: ["127.0.0.1"]}, "refuses to answer us"),
        ({LISTED: ["192.0.2.1"]}, "which is no answer"),
        ({LISTED: "servfail"}, "no resolver gave an answer"),
    ],
)
async def test_one_that_does_not_is_wrong(asked, name_server, zone, what):
    name_server.zone = zone
    (line,) = await asked(ADDRESSES)
    assert (line.state, what in line.what) == ("wrong", True)
    assert line.do


@pytest.mark.slow
async def test_a_server_that_is_silent_is_named_within_seconds(asked, name_server):
    name_server.zone = dict.fromkeys((LISTED, UNLISTED), "silence")
    (line,) = await asked(ADDRESSES)
    assert (line.state, "no answer" in line.what) == ("wrong", True)


async def test_a_list_of_names_need_not_have_a_test_point(asked, name_server):
    (line,) = await asked(HOSTS)
    assert line.state == "not looked at"
    name_server.zone = {"test.dbl.example.net": ["127.0.1.2"]}
    assert [line.state for line in await asked(HOSTS)] == ["ok"]
    name_server.zone["invalid.dbl.example.net"] = ["127.0.1.2"]
    assert [line.state for line in await asked(HOSTS)] == ["wrong"]


async def test_each_list_is_asked_at_each_server(case, name_server, said):
    name_server.zone = {LISTED: ["127.0.0.2"], "test.dbl.example.net": ["127.0.1.2"]}
    where = f"127.0.0.1@{name_server.port}"
    text = f'[dns]\nservers = ["{where}", "{where}"]\n{ADDRESSES}{HOSTS}'
    assert [line.state for line in await said(lists, case(text))] == ["ok"] * 4


async def test_without_lists_nobody_is_asked(case, said):
    assert await said(lists, case()) == []


async def test_our_own_name_has_an_address_or_that_is_told(case, said):
    listener = '[[listener]]\nreply = "sender"\nhostname = "{}"\n'
    (line,) = await said(own_names, case(listener.format("localhost")))
    assert (line.state, line.what) == ("ok", "we greet as localhost, which has an address")


@pytest.mark.slow
async def test_a_name_that_dns_does_not_know_is_told(case, said):
    listener = '[[listener]]\nreply = "sender"\nhostname = "no-such-host.invalid"\n'
    (line,) = await said(own_names, case(listener))
    assert (line.state, "which DNS does not know" in line.what) == ("warning", True)
