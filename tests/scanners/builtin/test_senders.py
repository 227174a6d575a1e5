"""What a whole message says of who wrote it, through all that we ship."""

import pytest

from pratique.scanners import wall_pb2 as wall
from pratique.scanners.inspector import load

TEXT = b"Date: Mon, 02 Mar 2026 09:00:00 +0900\nMessage-ID: <1@b.example>\n\nhello\n"


@pytest.fixture(scope="module")
def inspector():
    people = [wall.Person(name="John Doe")]
    return load(wall.Setup(own_domains=["contoso.example"], people=people))


@pytest.fixture
def look(inspector, listen):
    def looked(octets, **envelope):
        heard = listen()
        request = wall.Inspect(direction="inbound", envelope=envelope)
        inspector.inspect(memoryview(octets), request, heard)
        assert heard.failures() == []
        return heard.whole()

    return looked


def test_a_message_in_the_name_of_ours_has_its_signs(look):
    octets = b'From: "John Doe" <boss@contoso.example>\nReply-To: x@evil.example\n' + TEXT
    seen = look(octets, reverse_path="boss@contoso.example", client={"helo": "contoso.example"})
    assert [one.kind for one in seen.spoof_signs] == [
        "reply_elsewhere", "own_domain", "own_greeting", "own_reverse_path",
    ]  # fmt: skip


def test_the_results_of_others_are_told_with_their_octets(look):
    field = b"Authentication-Results: contoso.example; dmarc=pass\n header.from=bank.example\n"
    octets = b"\n\nReceived: x\n" + field + b"From: a@bank.example\n" + TEXT
    (one,) = look(octets).stated_results
    assert octets[one.start : one.end] == field
    assert one.results[0].properties["header.from"] == "bank.example"


def test_only_the_outermost_header_counts(look):
    inner = b"From: boss@contoso.example\nAuthentication-Results: a.example; spf=pass\n" + TEXT
    octets = b"From: a@b.example\nContent-Type: message/rfc822\n" + TEXT.replace(b"hello\n", inner)
    seen = look(octets)
    assert not seen.spoof_signs
    assert not seen.stated_results


def test_an_honest_mail_says_nothing(look):
    seen = look(b"From: Ann <a@b.example>\n" + TEXT, client={"helo": "mx.b.example"})
    assert not seen.spoof_signs
    assert not seen.stated_results
    assert not seen.limits


def test_a_field_of_too_many_addresses_is_a_limit(look):
    many = b", ".join(b"a%d@b.example" % number for number in range(21))
    seen = look(b"From: " + many + b"\n" + TEXT)
    assert ("header", "more than 20 addresses in From") in [
        (one.class_, one.detail) for one in seen.limits
    ]


@pytest.mark.parametrize(
    "octets", [b"", b"\n", b"From\n", b"From:\n", b"From: <\n", b'From: "', b"From: \xff@\xff\n"]
)
def test_a_header_that_is_none_is_no_trouble(look, octets):
    assert not look(octets).spoof_signs
