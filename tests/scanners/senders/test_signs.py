"""How a message pretends to come from somebody else; and how honest ones do not."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.links.own import Own
from pratique.scanners.mime.addresses import split
from pratique.scanners.mime.header import Header
from pratique.scanners.senders import by_list
from pratique.scanners.senders.people import People
from pratique.scanners.senders.signs import ADDRESSES, Seen, Signs

LIST = b"List-Id: Board <board.lists.example>\nList-Post: <mailto:board@lists.example>\n"


@pytest.fixture(scope="module")
def signs():
    john = wall.Person(name="John Doe", addresses=["john@home.example"])
    return Signs(Own(["contoso.example", "contoso.co.jp"]), People([john]))


@pytest.fixture
def seen():
    def made(header=b"", direction="inbound", **fields):
        mail, envelope = facts.Mail(direction=direction), facts.Envelope()
        for name in ("from_", "sender", "reply_to"):
            for each in split(fields.get(name, "").encode())[0]:
                getattr(mail.header, name).add(
                    address=each.address, domain=each.domain, display_name=each.display_name
                )
        for name in ("authenticated", "reverse_path"):
            setattr(envelope, name, fields.get(name, ""))
        for name in ("ip", "name", "helo"):
            setattr(envelope.client, name, fields.get(name, ""))
        return Seen(mail, envelope, by_list.read(Header(0, len(header), header).fields))

    return made


@pytest.fixture
def kinds(signs, seen):
    return lambda *args, **fields: [one.kind for one in signs.of(seen(*args, **fields))]


OUTSIDE = "ann@example.org"


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"from_": "boss@contoso.example"}, "own_domain"),
        ({"from_": "boss@mail.CONTOSO.example."}, "own_domain"),
        ({"from_": '"boss"@contoso.co.jp'}, "own_domain"),
        ({"from_": f"{OUTSIDE}, boss@contoso.example"}, "own_domain"),
        ({"from_": f'"boss@contoso.example" <{OUTSIDE}>'}, "name_is_address"),
        ({"from_": f"boss@contoso.example <{OUTSIDE}>"}, "name_is_address"),
        ({"from_": f'"bоss@cоntoso.example" <{OUTSIDE}>'}, "name_is_address"),
        ({"from_": f'"=?utf-8?b?Ym9zc0Bjb250b3NvLmV4YW1wbGU=?=" <{OUTSIDE}>'}, "name_is_address"),
        ({"sender": f'"boss@contoso.example" <{OUTSIDE}>'}, "name_is_address"),
        ({"from_": f"\"'boss@contoso.example' via Board\" <{OUTSIDE}>"}, "name_via"),
        ({"from_": f"John Doe <{OUTSIDE}>"}, "name_of_ours"),
        ({"from_": f'"Doe, John" <{OUTSIDE}>'}, "name_of_ours"),
        ({"from_": f"{OUTSIDE} (John Doe)"}, "name_of_ours"),
        ({"from_": f'"John Doe via Board" <{OUTSIDE}>'}, "name_via"),
        ({"from_": OUTSIDE, "reply_to": "ann@elsewhere.example"}, "reply_elsewhere"),
        ({"from_": OUTSIDE, "reply_to": f"{OUTSIDE}, x@elsewhere.example"}, "reply_elsewhere"),
        ({"from_": "boss@c0ntoso.example"}, "lookalike"),
        ({"from_": "boss@cоntoso.example"}, "lookalike"),
        ({"from_": "boss@contosso.example"}, "lookalike"),
        ({"from_": OUTSIDE, "sender": "boss@contosso.example"}, "lookalike"),
        ({"from_": OUTSIDE, "helo": "mx.contoso.example"}, "own_greeting"),
        ({"from_": OUTSIDE, "helo": "Contoso.Example."}, "own_greeting"),
        ({"from_": OUTSIDE, "reverse_path": "boss@contoso.example"}, "own_reverse_path"),
        ({"from_": OUTSIDE, "reverse_path": "prvs=1234aabbcc=b@contoso.example"},
         "own_reverse_path"),
    ],
)  # fmt: skip
def test_a_sign_is_told(kinds, fields, kind):
    assert kinds(**fields) == [kind]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"from_": "<>"},
        {"from_": OUTSIDE},
        {"from_": f"Ann <{OUTSIDE}>", "reply_to": "ann@mail.example.org"},
        {"from_": f'"{OUTSIDE}" <{OUTSIDE}>'},
        {"from_": f'"ann@example.org via Board" <{OUTSIDE}>'},
        {"from_": "John Doe <john@home.example>"},
        {"from_": f"John Roe <{OUTSIDE}>"},
        # A list that rewrites From, and has answers sent to itself.
        {"from_": '"Ann via Board" <board@lists.example>', "reply_to": "board@lists.example"},
        # A ticket system, which answers as itself; a form on our own site.
        {"from_": '"Ann (Support)" <support@tickets.example>', "helo": "mx.tickets.example"},
        {"from_": "no-reply@forms.example", "reply_to": "sales@contoso.example"},
        # A calendar invites in Ann's name, and says that it does so.
        {"from_": f"Ann <{OUTSIDE}>", "sender": "Calendar <notify@calendar.example>"},
        # Whoever is called nearly as we are.
        {"from_": "ann@contosoworldwide.example"},
    ],
)
def test_honest_mail_has_none(kinds, fields):
    assert kinds(**fields) == []


@pytest.mark.parametrize(
    ("from_", "reply_to"),
    [
        ("ann@example.org", "board@lists.example"),
        ('"Ann via Board" <board@lists.example>', "ann@example.org"),
    ],
)
def test_an_answer_that_goes_to_a_list_or_past_it_has_a_word_of_its_own(kinds, from_, reply_to):
    assert kinds(LIST, from_=from_, reply_to=reply_to) == ["reply_by_list"]
    assert kinds(from_=from_, reply_to=reply_to) == ["reply_elsewhere"]


def test_a_list_excuses_no_third_address(kinds):
    assert kinds(LIST, from_=OUTSIDE, reply_to="x@evil.example") == ["reply_elsewhere"]


OURS = {
    "from_": "boss@contoso.example", "helo": "mx.contoso.example",
    "reverse_path": "boss@contoso.example",
}  # fmt: skip


@pytest.mark.parametrize(
    "inside",
    [
        {"direction": "outbound"},
        {"direction": ""},
        {"authenticated": "boss"},
        {"ip": "10.0.0.7"},
        {"ip": "127.0.0.1"},
        {"ip": "fd00::7"},
        {"ip": "203.0.113.7", "name": "web.contoso.example"},
    ],
)
def test_what_comes_from_inside_may_bear_our_names(kinds, inside):
    assert kinds(**OURS, **inside) == []


@pytest.mark.parametrize(
    "outside",
    [{}, {"ip": "203.0.113.7"}, {"ip": "2001:db8::7"}, {"ip": "none"}, {"name": "x.example"}],
)
def test_what_comes_from_a_stranger_may_not(kinds, outside):
    assert kinds(**OURS, **outside) == ["own_domain", "own_greeting", "own_reverse_path"]


def test_a_sign_says_what_was_seen(signs, seen):
    (one,) = signs.of(seen(from_=f'"boss@contoso.example" <{OUTSIDE}>'))
    assert one.detail == f"From shows boss@contoso.example, behind it is {OUTSIDE}"
    (one,) = signs.of(seen(from_="boss@cоntoso.example"))
    assert one.detail == ("From: cоntoso.example, letters that look like ours: contoso.example")


def test_each_is_told_once(kinds):
    assert kinds(from_=", ".join(["boss@contoso.example"] * 3)) == ["own_domain"]


@pytest.mark.parametrize("more", [0, 1])
def test_so_many_addresses_of_a_field_are_looked_at(signs, seen, more):
    given = seen(from_=", ".join(f"a{n}@contoso.example" for n in range(ADDRESSES + more)))
    assert len(signs.of(given)) == ADDRESSES
    assert given.too_many() == ("From" if more else "")


@pytest.mark.parametrize("more", [0, 1])
@pytest.mark.parametrize(("name", "field"), [("sender", "Sender"), ("reply_to", "Reply-To")])
def test_so_many_of_the_other_fields_are_looked_at(signs, seen, more, name, field):
    listed = [*(f"a{n}@x.example" for n in range(ADDRESSES - 1 + more)), "a@contosso.example"]
    given = seen(from_="bob@x.example", **{name: ", ".join(listed)})
    kinds = [one.kind for one in signs.of(given)]
    assert ("lookalike" in kinds) is not bool(more)
    assert given.too_many() == (field if more else "")


def test_without_domains_and_people_only_what_needs_none_is_told(seen):
    nobody = Signs(Own([]), People([]))
    given = seen(from_='"a@b.example" <c@d.example>', reply_to="e@f.example", helo="x.example")
    assert [one.kind for one in nobody.of(given)] == ["name_is_address", "reply_elsewhere"]


def test_details_are_short_and_valid(signs, seen):
    found = signs.of(seen(from_=f'"{"a" * 400}@b.example {"x" * 400}" <{"c" * 900}@d.example>'))
    assert found
    for one in found:
        assert len(one.detail) <= 300
