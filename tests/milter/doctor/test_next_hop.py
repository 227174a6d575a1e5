"""Servers that mail goes to: what they offer, how TLS stands, and that nothing is sent."""

import pytest

from pratique.milter.doctor.next_hop import next_hops


def hop(port, rest="", release=""):
    return f'[next_hop]\nkind = "smtp"\naddress = "127.0.0.1:{port}"\n{rest}\n{release}'


async def test_a_server_that_takes_all_we_take_is_right(case, said, script):
    script.offers = ("8BITMIME", "SMTPUTF8", "SIZE 52428800")
    release = f'[release]\nnext_hop = "127.0.0.1:{script.port}"'
    lines = await said(next_hops, case(hop(script.port, release=release)))
    assert [line.state for line in lines] == ["ok", "ok"] or [line.state for line in lines] == [
        "ok"
    ]
    assert set(script.verbs()) == {"EHLO", "QUIT"}


@pytest.mark.parametrize(
    ("offers", "what"),
    [
        (("8BITMIME", "SMTPUTF8", "SIZE 52428799"), "takes 52428799 octets at most"),
        (("SMTPUTF8", "SIZE 0"), "does not offer 8BITMIME"),
        (("8BITMIME", "SIZE"), "does not offer SMTPUTF8"),
    ],
)
async def test_what_it_does_not_take_is_told(case, said, script, offers, what):
    script.offers = offers
    lines = await said(next_hops, case(hop(script.port)))
    found = [line.what for line in lines if line.state == "warning"]
    assert len([one for one in found if what in one]) == 1
    assert len(found) == 2, "the release that is off is the other"


@pytest.mark.parametrize(
    ("answers", "what"),
    [({"": ["554 go away"]}, "greeted by 554"), ({"EHLO": ["500 no"], "HELO": ["500 no"]}, "500")],
)
async def test_one_that_wants_nothing_of_us_is_wrong(case, said, script, answers, what):
    script.answers = answers
    line, _ = await said(next_hops, case(hop(script.port)))
    assert (line.state, what in line.what) == ("wrong", True)


async def test_one_that_is_away_is_wrong(case, said, free_port):
    lines = await said(next_hops, case(hop(free_port())))
    assert [line.state for line in lines] == ["wrong", "warning"]
    assert "451" in lines[0].do


@pytest.mark.slow
async def test_one_that_is_silent_is_wrong_within_seconds(case, said, script):
    script.answers = {"": ["HANG"]}
    line, _ = await said(next_hops, case(hop(script.port)))
    assert line.state == "wrong"


async def test_tls_that_is_wanted_and_not_offered_is_wrong(case, said, script):
    lines = await said(next_hops, case(hop(script.port, 'tls = "required"')))
    assert (lines[0].state, "does not offer STARTTLS" in lines[0].what) == ("wrong", True)
    lines = await said(next_hops, case(hop(script.port, 'tls = "opportunistic"')))
    assert any("in clear" in line.what and line.state == "warning" for line in lines)


async def test_a_certificate_must_hold_and_be_of_the_right_name(
    case, said, script, certificate, other_certificate
):
    script.offers = ("STARTTLS", "8BITMIME", "SMTPUTF8")
    script.context = certificate.context()
    verify = f'tls = "verify"\ntls_ca = "{certificate.file}"\ntls_name = "hop.example"'
    lines = await said(next_hops, case(hop(script.port, verify)))
    assert (lines[0].state, ", with TLS" in lines[0].what) == ("ok", True)
    # It was made for an hour.
    assert ("wrong", True) in [(line.state, "expires in 0 days" in line.what) for line in lines]
    lines = await said(next_hops, case(hop(script.port, 'tls = "required"')))
    assert not [line for line in lines if "expires" in line.what]
    script.context = other_certificate.context()
    lines = await said(next_hops, case(hop(script.port, verify)))
    assert (lines[0].state, "handshake" in lines[0].what) == ("wrong", True)


async def test_each_route_is_looked_at_once(case, said, new_script):
    one, two = await new_script(), await new_script()
    route = (
        f'[[next_hop.route]]\ndomains = ["a.example"]\naddress = "127.0.0.1:{two.port}"\n'
        f'[[next_hop.route]]\ndomains = ["b.example"]\naddress = "127.0.0.1:{two.port}"\n'
    )
    await said(next_hops, case(hop(one.port, route)))
    assert (one.connections, two.connections) == (1, 1)


async def test_a_maildir_is_ours(case, said):
    lines = await said(next_hops, case())
    assert [line.state for line in lines] == ["ok", "warning"]
