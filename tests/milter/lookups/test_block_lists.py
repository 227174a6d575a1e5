"""Lists by DNS: what they say, and that they are never simply believed."""

import asyncio
import logging

import pytest

from pratique.milter.config import parse
from pratique.milter.lookups.block_lists import (
    FAILURES,
    MOST,
    BlockList,
    BlockLists,
    block_lists_of,
    reversed_address,
)
from pratique.milter.lookups.resolver import Reply
from pratique.scanners import facts_pb2 as facts

HOSTS = BlockList("bad", "bad.example", "hosts")
ADDRESSES = BlockList("ip", "ip.example", "addresses")

# What each list has.
TESTS = {"test.bad.example": ["127.0.0.2"], "2.0.0.127.ip.example": ["127.0.0.2"]}


class Answers:
    """DNS as a test wants it: records by name."""

    def __init__(self):
        self.zone, self.asked = dict(TESTS), []

    async def ask(self, name, type_, until):
        # What a list is tried with does not count.
        if name.partition(".")[0] not in {"test", "invalid"} and not name.endswith(
            "0.0.127.ip.example"
        ):
            self.asked.append(name)
        said = self.zone.get(name, ())
        return said if isinstance(said, Reply) else Reply(tuple(said))


@pytest.fixture
def answers():
    return Answers()


@pytest.fixture
def ask(answers):
    """The facts of a message with these links, after these lists were asked."""

    async def asked(*hosts, client="", lists=(HOSTS, ADDRESSES), known=None):
        seen = facts.Facts()
        seen.envelope.client.ip = client
        for host in hosts:
            seen.links.add(url=f"https://{host}/", host=host)
        await (known or BlockLists(lists, answers)).add(seen, 0.0)
        return seen

    return asked


async def test_a_link_says_on_which_lists_its_domain_stands(ask, answers):
    answers.zone["spam.co.uk.bad.example"] = ["127.0.0.2"]
    seen = await ask("www.spam.co.uk", "spam.co.uk", "good.example")
    assert [list(link.listed) for link in seen.links] == [["bad"], ["bad"], []]
    assert not seen.lists_away


async def test_a_domain_is_asked_about_once_whatever_hosts_it_has(ask, answers):
    await ask(*(f"a{number}.shop.example" for number in range(20)), lists=[HOSTS])
    assert answers.asked == ["shop.example.bad.example"]


async def test_the_client_and_hosts_that_are_addresses_are_asked_about_by_number(ask, answers):
    answers.zone["7.113.0.203.ip.example"] = ["127.0.0.4"]
    answers.zone["1.1.1.1.ip.example"] = ["127.0.0.2"]
    # The ranges of documentation are on no list, so these are not.
    seen = await ask("1.1.1.1", client="8.8.8.8")
    assert list(seen.links[0].listed) == ["ip"]
    assert list(seen.envelope.client.listed) == []
    answers.zone["8.8.8.8.ip.example"] = ["127.0.0.2"]
    assert list((await ask(client="8.8.8.8")).envelope.client.listed) == ["ip"]


@pytest.mark.parametrize("client", ["", "10.0.0.1", "127.0.0.1", "fe80::1", "nonsense"])
async def test_a_client_that_is_nobody_on_the_net_is_not_asked_about(ask, answers, client):
    await ask(client=client)
    assert answers.asked == []


async def test_answers_mean_what_the_settings_say_and_others_nothing(ask, answers):
    one = BlockList("dbl", "bad.example", "hosts", {"127.0.1.4": "phish"})
    answers.zone["spam.example.bad.example"] = ["127.0.1.4", "127.0.1.9"]
    answers.zone["other.example.bad.example"] = ["127.0.1.9"]
    seen = await ask("spam.example", "other.example", lists=[one])
    assert [list(link.listed) for link in seen.links] == [["dbl:phish"], []]
    assert not seen.lists_away


@pytest.mark.parametrize(
    "answer", [["192.0.2.1"], ["127.255.255.254"], ["127.0.0.1"], ["127.0.1.255"], ["nonsense"],
               ["127.0.0.2", "10.0.0.1"], Reply(failure="no answer")]
)  # fmt: skip
async def test_what_no_list_answers_is_no_listing_and_the_list_is_away(ask, answers, answer):
    answers.zone["spam.example.bad.example"] = answer
    seen = await ask("spam.example")
    assert list(seen.links[0].listed) == []
    assert list(seen.lists_away) == ["bad"]
    assert not seen.failures


NO_TIME = Reply(failure="no answer in time", unasked=True)
REFUSED = ["127.255.255.254"]


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        # Closed: it lists everything, or nothing.
        ("invalid.bad.example", ["127.0.0.2"]),
        ("test.bad.example", []),
        # Whoever answers is another.
        ("invalid.bad.example", ["192.0.2.1"]),
        ("test.bad.example", ["192.0.2.1"]),
        # Too many questions, or none that it answers us.
        *((name, answer) for name in ("test.bad.example", "invalid.bad.example")
          for answer in (REFUSED, Reply(failure="no answer"), NO_TIME)),
    ],
)  # fmt: skip
async def test_a_list_that_does_not_pass_its_trial_is_believed_in_nothing(
    ask, answers, name, answer
):
    answers.zone["spam.example.bad.example"] = ["127.0.0.2"]
    answers.zone[name] = answer
    seen = await ask("spam.example", "good.example", lists=[HOSTS])
    assert [list(link.listed) for link in seen.links] == [[], []]
    assert list(seen.lists_away) == ["bad"]


@pytest.mark.parametrize(("name", "answer"), [("1.0.0.127", ["127.0.0.2"]), ("2.0.0.127", [])])
async def test_nor_is_one_of_addresses(ask, answers, name, answer):
    answers.zone["8.8.8.8.ip.example"] = ["127.0.0.2"]
    answers.zone[f"{name}.ip.example"] = answer
    seen = await ask(client="8.8.8.8", lists=[ADDRESSES])
    assert (list(seen.envelope.client.listed), list(seen.lists_away)) == ([], ["ip"])


async def test_an_admin_may_say_what_a_list_is_tried_with(ask, answers):
    one = BlockList("bad", "bad.example", "hosts", test="dbltest.com")
    answers.zone |= {"test.bad.example": [], "dbltest.com.bad.example": ["127.0.1.2"]}
    answers.zone["spam.example.bad.example"] = ["127.0.0.2"]
    seen = await ask("spam.example", lists=[one])
    assert (list(seen.links[0].listed), list(seen.lists_away)) == (["bad"], [])


async def test_that_a_list_is_not_believed_is_told_once_and_so_is_its_end(ask, answers, caplog):
    caplog.set_level(logging.INFO, "pratique.lookups")
    known = BlockLists([HOSTS], answers)
    answers.zone["invalid.bad.example"] = ["127.0.0.2"]
    for _ in range(3):
        await ask("good.example", known=known)
    answers.zone["invalid.bad.example"] = []
    for _ in range(2):
        await ask("good.example", known=known)
    first, last = caplog.records
    assert "is not believed: it lists invalid.bad.example" in first.getMessage()
    assert last.getMessage() == "block list bad is believed again"


async def test_a_list_that_is_down_is_told_once(ask, answers, caplog):
    known = BlockLists([HOSTS], answers)
    for name in ("test", "invalid", "spam.example"):
        answers.zone[f"{name}.bad.example"] = Reply(failure="no answer")
    for _ in range(FAILURES + 2):
        assert list((await ask("spam.example", known=known)).lists_away) == ["bad"]
    assert len(caplog.records) == 1


@pytest.mark.parametrize("more", [0, 1])
async def test_so_many_domains_are_asked_about_and_odd_ones_first(answers, more):
    seen = facts.Facts()
    for number in range(MOST - 1 + more):
        seen.links.add(host=f"a{number}.example")
    seen.links.add(host="odd.example", tricks=["userinfo"])
    await BlockLists([HOSTS], answers).add(seen, 0.0)
    assert len(answers.asked) == MOST
    assert "odd.example.bad.example" in answers.asked
    assert list(seen.lists_away) == ["bad"] * more


async def test_a_list_that_fails_is_told_once_left_alone_and_told_again(ask, answers, caplog):
    caplog.set_level(logging.INFO, "pratique.lookups")
    known = BlockLists([HOSTS], answers)
    answers.zone["spam.example.bad.example"] = Reply(failure="no answer")
    for _ in range(FAILURES + 2):
        assert list((await ask("spam.example", known=known)).lists_away) == ["bad"]
    assert len(answers.asked) == FAILURES
    assert len(caplog.records) == 1
    known._states["bad"].rests_until = 0.0
    del answers.zone["spam.example.bad.example"]
    assert not (await ask("spam.example", known=known)).lists_away
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


async def test_a_list_that_answers_while_others_fail_is_asked_again(ask, answers):
    class Slow(Answers):
        async def ask(self, name, type_, until):
            for _ in range(3 if name.startswith("well") else 0):
                await asyncio.sleep(0)
            return await super().ask(name, type_, until)

    slow = Slow()
    names = [f"bad{number}.example" for number in range(FAILURES)]
    slow.zone |= {f"{name}.bad.example": Reply(failure="no answer") for name in names}
    known = BlockLists([HOSTS], slow)
    assert list((await ask("well.example", *names, known=known)).lists_away) == ["bad"]
    slow.zone["spam.example.bad.example"] = ["127.0.0.2"]
    assert list((await ask("spam.example", known=known)).links[0].listed) == ["bad"]


async def test_what_stands_before_a_domain_may_be_long_and_odd(ask, answers):
    await ask("a." * 110 + "spam.example", "it's.spam2.example", lists=[HOSTS])
    assert answers.asked == ["spam.example.bad.example", "spam2.example.bad.example"]


async def test_a_host_that_no_list_can_have_is_not_asked_about(ask, answers):
    await ask("localhost", "", "192.0.2.1", "[2001:db8::1]", "a" * 64 + ".example", lists=[HOSTS])
    await ask("a..example", "a b.example", "\u00e4.example", "A.example", lists=[HOSTS])
    assert answers.asked == []
    await ask("a" * 63 + ".example", lists=[HOSTS])
    assert len(answers.asked) == 1


async def test_a_message_that_has_no_time_is_no_fault_of_the_list(ask, answers, caplog):
    known = BlockLists([HOSTS], answers)
    answers.zone["spam.example.bad.example"] = Reply(failure="no answer in time", unasked=True)
    for _ in range(FAILURES + 1):
        assert list((await ask("spam.example", known=known)).lists_away) == ["bad"]
    assert len(answers.asked) == FAILURES + 1
    assert caplog.records == []


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("8.8.4.4", "4.4.8.8"),
        ("192.168.0.1", ""),
        ("example.com", None),
        ("2001:4860::1", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.8.4.1.0.0.2"),
    ],
)
def test_an_address_is_turned_around(address, name):
    assert reversed_address(address) == name


@pytest.mark.slow
async def test_a_real_server_that_is_slow_costs_no_more_than_its_time(resolver, name_server):
    name_server.zone["spam.example.bad.example"] = ["127.0.0.2"]
    name_server.zone["test.bad.example"] = ["127.0.0.2"]
    name_server.zone["slow.example.bad.example"] = name_server.silence
    seen = facts.Facts()
    seen.links.add(host="spam.example")
    seen.links.add(host="slow.example")
    until = asyncio.get_running_loop().time() + 0.2
    await BlockLists([HOSTS], resolver).add(seen, until)
    assert asyncio.get_running_loop().time() < until + 1.0
    assert [list(link.listed) for link in seen.links] == [["bad"], []]
    assert list(seen.lists_away) == ["bad"]


def test_without_a_list_in_the_settings_nobody_is_asked(resolver):
    assert block_lists_of(parse("", "x"), resolver) is None
    settings = parse(
        '[[block_list]]\nzone = "Bad.example."\nwhat = "hosts"\ntest = "Test.example."\n', "x"
    )
    (one,) = block_lists_of(settings, resolver)._lists
    assert (one.zone, one.must) == ("bad.example", "test.example.bad.example")
