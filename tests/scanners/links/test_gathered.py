"""All links of a message: each once, the odd ones first."""

import pytest

from pratique.scanners.links.gathered import LISTED, LOOKED_AT, Gathered
from pratique.scanners.links.own import Own
from pratique.scanners.links.url import read_url


@pytest.fixture
def gathered():
    return Gathered(Own(["contoso.example"]), frozenset({"bit.ly"}))


@pytest.fixture
def add(gathered):
    def added(written, shown="", part=1):
        return gathered.add(read_url(written), part, shown)

    return added


def test_a_link_is_listed_once(gathered, add):
    add("https://a.example/x")
    add("HTTPS://A.example/x", "click here", part=2)
    (link,) = gathered.stated().links
    assert (link.url, link.host, link.part, link.shown) == (
        "https://a.example/x",
        "a.example",
        1,
        "",
    )


@pytest.mark.parametrize(
    ("written", "shown", "tricks"),
    [
        ("https://a.example/", "www.b.example", ["shown_differs"]),
        ("https://a.example/", "https://www.a.example/b", []),
        ("https://a.example/", "read more", []),
        ("https://bit.ly/x", "", ["shortener"]),
        ("https://contoso.net/", "", ["lookalike"]),
        ("https://xn--80ak6aa92e.com/", "", ["mixed_script"]),
        ("https://xn--pypal-4ve.com/", "", ["mixed_script"]),
        ("https://xn--bcher-kva.example/", "", []),
        ("http://192.0.2.1/", "www.contoso.example", ["ip_host", "shown_differs"]),
    ],
)
def test_how_a_link_hides_where_it_leads_is_told(gathered, add, written, shown, tricks):
    add(written, shown)
    assert list(gathered.stated().links[0].tricks) == tricks


def test_the_odd_ones_are_listed_and_one_of_each_host(gathered, add):
    for number in range(LISTED):
        add(f"https://many.example/{number}")
    add("https://other.example/")
    add("http://bank.example@evil.example/")
    stated = gathered.stated()
    hosts = [link.host for link in stated.links]
    assert len(hosts) == LISTED
    assert hosts[-2:] == ["other.example", "evil.example"]
    assert stated.links_left_out == 2
    assert not stated.limits


@pytest.mark.parametrize("more", [0, 1])
def test_so_many_are_listed_and_odd_ones_beyond_are_a_limit(gathered, add, more):
    for number in range(LISTED + more):
        add(f"http://192.0.2.1/{number}")
    stated = gathered.stated()
    assert (len(stated.links), stated.links_left_out) == (LISTED, more)
    assert [limit.class_ for limit in stated.limits] == ["links"] * more


def test_what_newsletters_have_in_each_line_is_no_limit(gathered, add):
    for number in range(LISTED + 50):
        add(f"https://click.example/{number}", f"www.shop{number}.example")
    assert not gathered.stated().limits


@pytest.mark.parametrize("more", [0, 1])
def test_so_many_are_looked_at_and_no_more(gathered, add, more):
    taken = [add(f"https://a.example/{number}") for number in range(LOOKED_AT + more)]
    assert taken.count(False) == more
    assert add("https://a.example/0")
