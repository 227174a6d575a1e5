"""Recipients choose the next hop by their domain; a message goes to one."""

import pytest

from pratique.milter.mail import Forward, Outgoing
from pratique.milter.next_hop import Reply
from pratique.milter.next_hop.routes import OTHER_ROUTE, Routes

OK, NO = Reply(250, ("2.1.5 Ok",)), Reply(550, ("5.1.1 no",))


class FakeHop:
    """Notes what is said to it."""

    def __init__(self, name, offers=("DSN",)):
        self.name, self.said, self.offers = name, [], frozenset(offers)
        self.to_mail, self.to_recipient, self.closed = OK, OK, False

    async def begin(self, envelope):
        self.said.append("MAIL")
        return self.to_mail, self if self.to_mail.accepted else None

    async def resume(self, envelope, forwards):
        self.said += ["MAIL", *(forward.address for forward in forwards)]
        return self.to_mail, self if self.to_mail.accepted else None

    async def recipient(self, forward):
        self.said.append(forward.address)
        return self.to_recipient

    async def send(self, outgoing):
        self.said.append(".")
        return OK

    async def give_up(self):
        self.said.append("RSET")

    async def extensions(self):
        return self.offers

    async def close(self):
        self.closed = True


@pytest.fixture
def hops():
    return {name: FakeHop(name) for name in ("a", "parent", "deep", "idn", "rest")}


@pytest.fixture
def routes(hops):
    domains = {
        "A.example": hops["a"],
        ".b.example": hops["parent"],
        ".deep.b.example": hops["deep"],
        "xn--bcher-kva.example": hops["idn"],
    }
    return Routes(domains, hops["rest"])


@pytest.fixture
async def transaction(routes, envelope):
    return (await routes.begin(envelope))[1]


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("x@a.example", "a"),
        ("x@A.EXAMPLE", "a"),
        ("x@sub.a.example", "rest"),
        ("x@b.example", "rest"),
        ("x@one.b.example", "parent"),
        ("x@one.two.b.example", "parent"),
        ("x@one.deep.b.example", "deep"),
        ("x@deep.b.example", "parent"),
        ("x@b\u00fccher.example", "idn"),
        ("x@xn--bcher-kva.example", "idn"),
        ("x@\u2488\u00e4.example", "rest"),
        ("x@example", "rest"),
        ("x@[192.0.2.1]", "rest"),
        ('"x@a.example"@c.example', "rest"),
        ("postmaster", "rest"),
        ("x@" + "a." * 126 + "b.example", "parent"),
        ("x@" + "a." * 127 + "b.example", "parent"),
    ],
)
def test_a_domain_chooses_its_next_hop(routes, address, name):
    assert routes.hop_for(Forward(address)).name == name


async def test_nobody_is_asked_before_there_is_a_recipient(transaction, hops):
    assert all(hop.said == [] for hop in hops.values())
    await transaction.give_up()
    assert (await transaction.send(None)).code == 503


async def test_the_first_recipient_chooses_and_mail_is_said_before_it(transaction, hops, outgoing):
    assert (await transaction.recipient(Forward("x@a.example"))).accepted
    assert (await transaction.recipient(Forward("y@a.example"))).accepted
    assert (await transaction.send(outgoing)).accepted
    assert hops["a"].said == ["MAIL", "x@a.example", "y@a.example", "."]


async def test_a_recipient_of_another_route_is_sent_again_by_the_client(transaction, hops, caplog):
    caplog.set_level("INFO")
    await transaction.recipient(Forward("x@a.example"))
    for _ in range(3):
        assert await transaction.recipient(Forward("x@elsewhere.example")) == OTHER_ROUTE
    assert OTHER_ROUTE.code == 452
    assert OTHER_ROUTE.lines[0].startswith("4.5.3 ")
    assert hops["rest"].said == []
    assert caplog.text.count("recipients of two next hops") == 1


async def test_as_long_as_none_was_taken_another_may_choose(transaction, hops):
    hops["a"].to_recipient = NO
    assert await transaction.recipient(Forward("x@a.example")) == NO
    assert (await transaction.recipient(Forward("x@c.example"))).accepted
    assert (hops["a"].said, hops["rest"].said) == (
        ["MAIL", "x@a.example", "RSET"],
        ["MAIL", "x@c.example"],
    )


async def test_a_refusal_of_mail_is_heard_at_rcpt_and_another_may_choose(transaction, hops):
    hops["a"].to_mail = NO
    assert await transaction.recipient(Forward("x@a.example")) == NO
    assert (await transaction.recipient(Forward("x@c.example"))).accepted
    assert hops["a"].said == ["MAIL"]


async def test_what_is_said_again_goes_where_it_went(routes, hops, envelope):
    forwards = [Forward("x@a.example"), Forward("y@a.example")]
    _, transaction = await routes.resume(envelope, forwards)
    assert await transaction.recipient(Forward("z@c.example")) == OTHER_ROUTE
    assert (await transaction.recipient(Forward("z@a.example"))).accepted
    assert hops["a"].said == ["MAIL", "x@a.example", "y@a.example", "z@a.example"]
    assert await routes.resume(envelope, [*forwards, Forward("z@c.example")]) == (OTHER_ROUTE, None)
    assert hops["rest"].said == []


async def test_where_nobody_was_taken_yet_the_next_recipient_still_chooses(routes, hops, envelope):
    _, transaction = await routes.resume(envelope, [])
    assert (await transaction.recipient(Forward("x@a.example"))).accepted
    assert (hops["a"].said, hops["rest"].said) == (["MAIL", "x@a.example"], [])


async def test_what_is_no_longer_taken_leaves_no_transaction(routes, hops, envelope):
    hops["a"].to_mail = NO
    assert await routes.resume(envelope, [Forward("x@a.example")]) == (NO, None)


async def test_only_what_all_offer_is_offered(routes, hops):
    assert await routes.extensions() == {"DSN"}
    hops["deep"].offers = frozenset()
    assert await routes.extensions() == frozenset()


async def test_all_are_closed(routes, hops):
    await routes.close()
    assert all(hop.closed for hop in hops.values())


async def test_a_transaction_with_a_real_next_hop_is_given_up_and_chosen_again(
    hop, script, envelope, outgoing: Outgoing
):
    routes = Routes({"corp.example": hop}, FakeHop("rest"))
    _, transaction = await routes.begin(envelope)
    script.answers["RCPT"] = ["550 5.1.1 no"]
    assert (await transaction.recipient(Forward("x@corp.example"))).code == 550
    assert (await transaction.recipient(Forward("x@c.example"))).accepted
    assert script.verbs() == ["EHLO", "MAIL", "RCPT", "RSET"]
