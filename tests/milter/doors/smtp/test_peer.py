"""Who is at the other end, by what it is allowed to say."""

from dataclasses import replace

import pytest

from pratique.milter.doors.smtp.peer import Peer
from pratique.milter.mail import Client


@pytest.fixture
def peer(settings, loopback):
    """Make a peer on loopback, with rights."""

    def make(**rights):
        return Peer("127.0.0.1", replace(settings, **dict.fromkeys(rights, loopback)))

    return make


def test_without_rights_the_peer_is_the_client(peer):
    assert peer().client("x") == Client("127.0.0.1", "", "x")
    assert (peer().may_forward, peer().may_name) == (False, False)


def test_a_silent_proxy_has_a_client_that_is_unknown(peer):
    assert peer(xforward_from=True).client("x") == Client()
    assert peer(xclient_from=True).client("x") == Client()


def test_until_it_names_a_client_a_proxy_has_its_own_rights(peer):
    assert peer(xclient_from=True).ip == "127.0.0.1"


def test_a_forwarded_client_is_forgotten_after_its_transaction(peer):
    proxy = peer(xforward_from=True)
    proxy.forward({"ADDR": "192.0.2.1", "IDENT": "4bX", "SOURCE": "local"})
    assert proxy.client("x") == Client("192.0.2.1", source="LOCAL")
    assert (proxy.mta_id, proxy.ip) == ("4bX", "127.0.0.1")
    proxy.forget()
    assert (proxy.client("x"), proxy.mta_id) == (Client(), "")


def test_a_named_client_takes_the_place_of_the_peer(peer):
    proxy = peer(xclient_from=True)
    proxy.name({"ADDR": "192.0.2.1", "LOGIN": "ann"})
    proxy.name({"NAME": "spike.example"})
    proxy.forget()
    assert proxy.client("x") == Client("192.0.2.1", "spike.example", "x")
    assert (proxy.ip, proxy.named("LOGIN"), proxy.may_name) == ("192.0.2.1", "ann", True)


def test_what_was_forwarded_for_another_client_is_not_the_named_ones(peer):
    proxy = peer(xclient_from=True, xforward_from=True)
    proxy.forward({"ADDR": "192.0.2.1", "IDENT": "4bX"})
    proxy.name({"ADDR": "127.0.0.2"})
    assert proxy.may_forward
    assert (proxy.client("x"), proxy.mta_id) == (Client(), "")


def test_without_proof_it_is_itself_but_for_one_that_had_named_a_client(peer):
    silent, named = peer(xclient_from=True), peer(xclient_from=True)
    named.name({"ADDR": "192.0.2.1"})
    assert silent.unproven("127.0.0.1").ip == "127.0.0.1"
    assert named.unproven("127.0.0.1").ip == ""
    assert named.unproven("127.0.0.1").may_name


def test_a_helo_that_was_named_is_the_clients_whatever_the_proxy_says(peer):
    proxy = peer(xclient_from=True)
    proxy.name({"ADDR": "192.0.2.1", "HELO": "client.example"})
    assert proxy.client("proxy.example").helo == "client.example"


@pytest.mark.parametrize("named", [{"LOGIN": "ann"}, {"ADDR": ""}])
def test_a_client_without_an_address_has_not_that_of_its_proxy(peer, named):
    proxy = peer(xclient_from=True, xforward_from=True)
    proxy.name(named)
    assert (proxy.ip, proxy.client("x").ip, proxy.may_forward) == ("", "", False)


def test_a_named_client_may_forward_only_if_it_is_listed_itself(peer):
    proxy = peer(xclient_from=True, xforward_from=True)
    proxy.name({"ADDR": "192.0.2.1"})
    assert not proxy.may_forward
    proxy.name({"ADDR": "127.0.0.9"})
    assert proxy.may_forward


def test_on_a_unix_socket_the_peer_has_the_rights_of_loopback_and_no_address(settings, loopback):
    local = replace(settings, host="unix:/run/in", xforward_from=loopback)
    assert (Peer("", local).ip, Peer("", local).may_forward) == ("127.0.0.1", True)
    assert Peer("", replace(settings, host="unix:/run/in")).client("x") == Client(helo="x")
    named = Peer("", replace(local, xclient_from=loopback))
    named.name({"LOGIN": "ann"})
    assert (named.ip, named.client("x")) == ("", Client(helo="x"))


def test_elsewhere_an_unknown_address_has_no_rights(settings, loopback):
    unknown = Peer("", replace(settings, xforward_from=loopback, xclient_from=loopback))
    assert (unknown.ip, unknown.may_forward, unknown.may_name) == ("", False, False)
