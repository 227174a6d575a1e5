"""Tags put on and taken off: whose addresses, and which stay as they are."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pratique.milter.mail import Forward
from pratique.milter.sections.sent import BatvSection, SentSection
from pratique.milter.sent.batv import bare
from pratique.milter.sent.our_mail import OurMail
from pratique.milter.sent.stated import StatedLedger
from pratique.milter.sent.tags import Tags, tags_of

ANN = "Ann@corp.example"


@pytest.fixture
def now(clocks):
    return clocks.wall()


@pytest.fixture
def make_tags(make_keys):
    """Tags of these keys, for corp.example and the subdomains of net.example."""

    def make(*numbers, **stated):
        table = BatvSection(domain="corp.example", **stated)
        section = SentSection(keys="x", batv=(table, BatvSection(domain=".net.example")))
        return Tags(make_keys(*(numbers or (2, 1))), section, ("corp.example", "own.example"))

    return make


@pytest.mark.parametrize(
    "address",
    ["", "postmaster", "a@own.example", "a@elsewhere.example", "a@net.example",
     "a" * 49 + "@x.net.example",
     '"a b"@corp.example', "prvs=2786abcdef=a@corp.example", "SRS0=x=y=z=a@corp.example",
     "a@" + "d" * 240 + ".net.example"],
)  # fmt: skip
def test_what_has_no_tag_goes_out_as_it_is(make_tags, now, address):
    assert make_tags().outgoing(address, now) == address


@pytest.mark.parametrize(
    "form", [{}, {"form": "subaddress"}, {"form": "subaddress", "delimiter": "-"}]
)
@pytest.mark.parametrize("address", [ANN, "a.b+c@CORP.example", "a" * 48 + "@corp.example"])
def test_what_went_out_comes_in_as_it_was(make_tags, now, form, address):
    tags = make_tags(**form)
    tagged = tags.outgoing(address, now)
    assert len(tagged) == len(address) + 16
    assert len(tagged.partition("@")[0]) <= 64
    wishes = ("NOTIFY=NEVER", "ORCPT=rfc822;x")
    came = tags.incoming(Forward(tagged, wishes), now)
    assert came == Forward(address, wishes, tagged)


def test_an_address_ends_at_254_octets(make_tags, now):
    rest = "x@" + ".".join(["d" * 55] * 4) + ".net.example"
    fits = "a" * (254 - 16 - len(rest)) + rest
    assert len(make_tags().outgoing(fits, now)) == 254
    assert make_tags().outgoing("a" + fits, now) == "a" + fits


@pytest.mark.parametrize(
    ("days", "number", "taken_off"),
    [
        (0, 2, True),
        (8, 2, True),  # expired
        (0, 1, True),  # of a key that signs no more
        (0, 3, False),  # of a key that we do not have
    ],
)
def test_a_tag_of_ours_comes_off_whatever_it_is_worth(make_tags, now, days, number, taken_off):
    tagged = make_tags(number).outgoing(ANN, now)
    came = make_tags().incoming(Forward(tagged), now + timedelta(days=days))
    assert came == (Forward(ANN, tagged=tagged) if taken_off else Forward(tagged))


@pytest.mark.parametrize(
    ("address", "came"),
    [
        # Forged: where we tag it comes off, elsewhere it may be another server's.
        ("prvs=2786000000=ann@corp.example", "ann@corp.example"),
        ("PRVS=2786000000=ann@CORP.example", "ann@CORP.example"),
        ("prvs=2786000000=ann@own.example", "prvs=2786000000=ann@own.example"),
        ("prvs=2786000000=ann@sub.own.example", "prvs=2786000000=ann@sub.own.example"),
        ("prvs=2786000000=ann@elsewhere.example", "prvs=2786000000=ann@elsewhere.example"),
        ("prvs=9786000000=ann@corp.example", "prvs=9786000000=ann@corp.example"),
        ("prvs=ann/2786abcdef@corp.example", "prvs=ann/2786abcdef@corp.example"),
        ("btv1==2786abcdef==ann@corp.example", "btv1==2786abcdef==ann@corp.example"),
        ("prvs=2786000000=@corp.example", "prvs=2786000000=@corp.example"),
        # One layer: what is below is another's business.
        ("prvs=2786000000=prvs=2786000000=a@corp.example", "prvs=2786000000=a@corp.example"),
        ("postmaster", "postmaster"),
    ],
)  # fmt: skip
def test_what_is_not_ours_stays(make_tags, now, address, came):
    assert make_tags().incoming(Forward(address), now).address == came


def test_a_domain_that_is_no_longer_tagged_knows_its_tags(make_tags, make_keys, now):
    tagged = make_tags().outgoing("a@x.net.example", now)
    without = Tags(make_keys(2, 1), SentSection(keys="x"), ("net.example",))
    assert without.incoming(Forward(tagged), now).address == "a@x.net.example"
    assert without.outgoing("a@x.net.example", now) == "a@x.net.example"


def test_who_passes_twice_is_tagged_once(make_tags, now):
    tags = make_tags()
    once = tags.outgoing(ANN, now)
    assert once != ANN
    assert tags.outgoing(once, now + timedelta(days=1)) == once
    assert bare(once) == ANN


# They are made once, and nothing changes them.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(address=st.text(max_size=80))
def test_no_text_of_a_stranger_is_too_odd(make_tags, now, address):
    for at in ("", "@corp.example"):
        came = make_tags().incoming(Forward(f"prvs=2786{address}{at}"), now)
        assert came.tagged in {"", f"prvs=2786{address}{at}"}
        make_tags().outgoing(address + at, now)


def test_without_keys_there_are_none(keys):
    assert tags_of(None) is None
    assert tags_of(OurMail(StatedLedger(), ("corp.example",))) is None
    made = tags_of(OurMail(StatedLedger(), ("corp.example",), keys))
    assert made == Tags(keys, SentSection(), ("corp.example",))
