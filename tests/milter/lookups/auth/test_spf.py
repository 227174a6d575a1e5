"""SPF: the openspf suite for RFC 7208, its limits, and what pyspf says of the same zone."""

from pathlib import Path

import pytest
import yaml

from pratique.milter.lookups.auth.spf import (
    MOST_MX,
    MOST_PTR,
    MOST_TERMS,
    MOST_VOID,
    check_host,
    sending,
)

SUITE = Path(__file__).parent / "rfc7208/rfc7208-tests.yml"
CLIENT = "192.0.2.1"


def cases():
    for scenario in yaml.safe_load_all(SUITE.read_text("utf-8")):
        for name, told in scenario["tests"].items():
            yield pytest.param(scenario["zonedata"], told, id=name)


def records(entries):
    """What the suite says of a name: type to values; a bare TIMEOUT is for all other types."""
    found, rest, generated = {}, False, []
    for entry in entries:
        if entry == "TIMEOUT":
            rest = True
            continue
        ((type_, value),) = entry.items()
        # The suite is for RFC 4408 too: a record of type SPF stands for one of TXT.
        (generated if type_ == "SPF" else found.setdefault(type_, [])).append(value)
    if "TXT" not in found and generated:
        found["TXT"] = generated
    found.get("TXT", []) == ["NONE"] and found.pop("TXT")
    return found, rest


def fill(zone, zonedata):
    written = {
        "A": str,
        "AAAA": str,
        "PTR": lambda value: f"{value}.",
        "CNAME": str,
        "MX": lambda value: f"{value[0]} {value[1]}.",
    }
    for name, entries in zonedata.items():
        found, rest = records(entries)
        if rest:
            zone.fail(name)
        for type_, values in found.items():
            if rest:
                zone.records.pop((name.lower(), type_), None)
            if "TIMEOUT" in values:
                zone.fail(name, type_)
            elif type_ == "TXT":
                texts = ["".join(value) if isinstance(value, list) else value for value in values]
                zone.txt(name, *texts)
            else:
                zone.add(name, type_, *(written[type_](value) for value in values))


@pytest.mark.parametrize(("zonedata", "told"), list(cases()))
async def test_the_suite_for_rfc_7208_is_answered(zone, zonedata, told):
    fill(zone, zonedata)
    about = sending(told["host"], told["mailfrom"], told["helo"])
    answer = await check_host(zone, about, 0.0)
    allowed = told["result"]
    assert answer.word in ([allowed] if isinstance(allowed, str) else allowed), answer


# Its limits, RFC 7208 4.6.4.


async def word(zone, client=CLIENT, reverse_path="ann@a.example", helo="mx.a.example"):
    return (await check_host(zone, sending(client, reverse_path, helo), 0.0)).word


@pytest.mark.parametrize(("count", "told"), [(MOST_TERMS, "pass"), (MOST_TERMS + 1, "permerror")])
async def test_so_many_terms_ask_dns_and_one_more_is_an_error(zone, count, told):
    others = " ".join(f"include:{number}.example" for number in range(count))
    zone.txt("a.example", f"v=spf1 {others} +all")
    for number in range(count):
        zone.txt(f"{number}.example", "v=spf1 ?all")
    assert await word(zone) == told
    assert len(zone.asked) == MOST_TERMS + 1


@pytest.mark.parametrize(
    "records",
    [
        {"a.example": "v=spf1 include:a.example -all"},
        {"a.example": "v=spf1 redirect=a.example"},
        {"a.example": "v=spf1 include:b.example", "b.example": "v=spf1 redirect=a.example"},
        {
            "a.example": "v=spf1 include:b.example include:b.example",
            "b.example": "v=spf1 a:a.example include:a.example",
        },
    ],
)
async def test_a_loop_ends_in_an_error(zone, records):
    for name, text in records.items():
        zone.txt(name, text)
    zone.add("a.example", "A", "198.51.100.1")
    assert await word(zone) == "permerror"
    assert len(zone.asked) <= MOST_TERMS + 1


@pytest.mark.parametrize(("count", "told"), [(MOST_VOID, "pass"), (MOST_VOID + 1, "permerror")])
async def test_two_names_may_be_missing_and_a_third_not(zone, count, told):
    missing = " ".join(f"a:{number}.example" for number in range(count))
    zone.txt("a.example", f"v=spf1 {missing} +all")
    assert await word(zone) == told


@pytest.mark.parametrize(("count", "told"), [(MOST_MX, "fail"), (MOST_MX + 1, "permerror")])
async def test_so_many_hosts_for_mail_are_looked_up_and_one_more_is_an_error(zone, count, told):
    zone.txt("a.example", "v=spf1 mx -all")
    for number in range(count):
        zone.add("a.example", "MX", f"10 {number}.example.")
        zone.add(f"{number}.example", "A", "198.51.100.1")
    assert await word(zone) == told


@pytest.mark.parametrize(("place", "told"), [(MOST_PTR - 1, "pass"), (MOST_PTR, "fail")])
async def test_so_many_names_of_the_client_are_looked_up_and_the_others_left_out(zone, place, told):
    zone.txt("a.example", "v=spf1 ptr -all")
    names = [f"{number:02d}.a.example" for number in range(MOST_PTR + 5)]
    zone.add("1.2.0.192.in-addr.arpa", "PTR", *(f"{name}." for name in names))
    for number, name in enumerate(names):
        zone.add(name, "A", CLIENT if number == place else "198.51.100.1")
    assert await word(zone) == told


async def test_hundreds_of_networks_stand_in_one_record(zone):
    many = " ".join(f"ip4:10.{number % 250}.0.0/16" for number in range(200))
    zone.txt("a.example", f"v=spf1 {many} -all")
    assert await word(zone) == "fail"


@pytest.mark.parametrize(
    ("record", "named"),
    [
        ("ip4:192.0.2.0/24", True),
        ("ip4:192.0.0.0/8", True),
        ("ip4:128.0.0.0/1", False),
        ("a", True),
        ("a/7", False),
        ("mx", True),
        ("include:b.example", True),
        ("redirect=b.example", True),
        ("include:c.example", False),
        ("exists:a.example", False),
        ("ptr", False),
        ("all", False),
    ],
)
async def test_a_pass_says_whether_the_record_names_who_sent(zone, record, named):
    zone.txt("a.example", f"v=spf1 {record}")
    zone.txt("b.example", "v=spf1 ip4:192.0.2.1").txt("c.example", "v=spf1 all")
    zone.add("a.example", "A", CLIENT).add("a.example", "MX", "1 a.example.")
    zone.add("1.2.0.192.in-addr.arpa", "PTR", "a.example.")
    answer = await check_host(zone, sending(CLIENT, "ann@a.example", ""), 0.0)
    assert (answer.word, answer.named, answer.domain) == ("pass", named, "a.example")


async def test_of_the_null_reverse_path_the_greeting_is_asked_about(zone):
    zone.txt("mx.a.example", "v=spf1 exists:%{l}.%{o} -all").add(
        "postmaster.mx.a.example", "A", "127.0.0.2"
    )
    assert await word(zone, reverse_path="") == "pass"
    assert await word(zone, reverse_path="", helo="[192.0.2.1]") == "none"
    assert await word(zone, reverse_path="", helo="localhost") == "none"


async def test_an_address_that_is_none_is_nobody():
    assert sending("", "ann@a.example", "") is None
    assert sending("unknown", "ann@a.example", "") is None
    assert str(sending("::ffff:192.0.2.1", "", "").ip) == CLIENT
    assert str(sending("fe80::1%eth0", "", "").ip) == "fe80::1"


async def test_a_local_part_beyond_ascii_matches_nothing_that_it_is_asked_by(zone):
    zone.txt("a.example", "v=spf1 exists:%{l}.b.example ~exists:%{h}.b.example -all")
    zone.add("ä.b.example", "A", "127.0.0.2").add("mx.a.example.b.example", "A", "127.0.0.2")
    assert await word(zone, reverse_path="ä@a.example") == "softfail"


async def test_an_internationalised_domain_is_asked_for_as_dns_has_it(zone):
    zone.txt("xn--4ca.example", "v=spf1 -all")
    assert await word(zone, reverse_path="ann@Ä.example") == "fail"


@pytest.mark.parametrize("where", ["a.example", "b.example", "c.example", "d.example"])
async def test_a_server_that_fails_makes_a_temporary_error(zone, where):
    zone.txt("a.example", "v=spf1 include:b.example a:c.example mx:d.example -all")
    zone.txt("b.example", "v=spf1 -all").add("c.example", "A", "198.51.100.1")
    zone.add("d.example", "MX", "1 c.example.")
    assert await word(zone) == "fail"
    zone.fail(where)
    assert await word(zone) == "temperror"
