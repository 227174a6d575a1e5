"""Tags in the reverse-path: made, known again, expired, forged, and those of others."""

import hmac
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pratique.milter.sent.batv import (
    ADDED,
    MOST_ADDRESS,
    MOST_LOCAL,
    Form,
    bare,
    is_taggable,
    tag,
    untag,
)
from pratique.milter.sent.keys import Key, Keys

TODAY = 20779
ANN = "ann@example.org"
PLUS = Form("+")
FORMS = [Form(), PLUS, Form("-"), Form("=")]
ATEXT = "abcdefghijklmnopqrstuvwxyzABCXYZ0123456789!#$%&'*/?^_`{|}~+-="

locals_ = st.lists(st.text(ATEXT, min_size=1, max_size=12), min_size=1, max_size=3).map(".".join)


def some_keys() -> Keys:
    """For tests of hypothesis, which take no fixtures."""
    return Keys(tuple(Key(n, date(2026, 5, 1), bytes(range(n, n + 32))) for n in (2, 1)))


def test_a_tag_is_the_drafts(keys):
    tagged = tag(keys, ANN, TODAY)
    # (20779 + 7) mod 1000, and HMAC-SHA1 with the key of these thousand days.
    key = keys.signing.for_use("batv 20")
    mac = hmac.digest(key, b"2786ann@example.org", "sha1").hex()[:6]
    assert tagged == f"prvs=2786{mac}=ann@example.org"


def test_a_tag_may_be_a_sub_address(keys):
    tagged = tag(keys, "ann@example.org", TODAY, PLUS)
    assert tagged == tag(keys, ANN, TODAY).replace("prvs=", "ann+prvs=").replace("=ann@", "@")


@pytest.mark.slow
@given(
    local=locals_, day=st.integers(0, 99_999), form=st.sampled_from(FORMS), age=st.integers(0, 7)
)
def test_whatever_is_tagged_is_known_again_for_a_week(local, day, form, age):
    address = f"{local}@Example.org"
    assume(is_taggable(address))
    tagged = tag(some_keys(), address, day, form)
    assert len(tagged) == len(address) + ADDED
    found = untag(some_keys(), tagged, day + age)
    assert (found.address, found.state) == (address, "ours")
    assert untag(some_keys(), tagged.upper(), day + age).state == "ours"


@pytest.mark.slow
@given(day=st.integers(1000, 99_000), age=st.integers(-990, 3000))
def test_the_week_is_the_same_across_the_wrap(day, age):
    state = untag(some_keys(), tag(some_keys(), ANN, day), day + age).state
    if -1 <= age <= 7:
        assert state == "ours"
    elif 7 < age <= 998:
        assert state == "expired"
    else:
        # Days that have not come, and a number that came round: never in force.
        assert state in {"bad", "expired"}


def test_a_stolen_tag_does_not_come_to_life_when_its_number_comes_round(keys):
    tagged = tag(keys, ANN, TODAY)
    states = [untag(keys, tagged, TODAY + days).state for days in range(990, 1010)]
    assert "ours" not in states
    # What is made then has the same digits, and another MAC.
    assert tag(keys, ANN, TODAY + 1000)[:9] == tagged[:9]
    assert tag(keys, ANN, TODAY + 1000) != tagged


@pytest.mark.parametrize("day", [999 - 7, 1000 - 7, 20_992, 20_993, 20_994, 20_999, 21_000])
def test_at_the_wrap_itself_a_tag_holds(keys, day):
    tagged = tag(keys, ANN, day)
    assert [untag(keys, tagged, day + age).state for age in (-2, -1, 0, 7, 8)] == [
        "bad",
        "ours",
        "ours",
        "ours",
        "expired",
    ]


@pytest.mark.slow
@given(st.data())
def test_a_tag_that_was_changed_is_none_of_ours(data):
    tagged = tag(some_keys(), ANN, TODAY)
    at = data.draw(st.integers(5, 14))
    other = data.draw(st.sampled_from("0123456789abcdef"))
    assume(other != tagged[at])
    found = untag(some_keys(), tagged[:at] + other + tagged[at + 1 :], TODAY)
    assert found.state in {"bad", "foreign"}
    assert found.proof == ""


@pytest.mark.parametrize("address", ["bob@example.org", "ann@example.net"])
def test_a_tag_is_bound_to_its_address(keys, address):
    local, domain = address.split("@")
    stolen = tag(keys, ANN, TODAY).replace("=ann@example.org", f"={local}@{domain}")
    assert untag(keys, stolen, TODAY).state == "bad"
    # What is behind it is told all the same; who delivers decides.
    assert untag(keys, stolen, TODAY).address == address


@pytest.mark.slow
@given(st.text(max_size=200))
def test_what_a_stranger_writes_raises_nothing(address):
    found = untag(some_keys(), address, TODAY)
    assert found.state != "ours"
    assert tag(some_keys(), address, TODAY).endswith(address.rpartition("@")[2])


def test_one_tag_is_counted_as_one_in_whatever_form_it_comes(keys):
    tagged = tag(keys, ANN, TODAY)
    forms = tagged, tagged.upper(), tagged.replace("prvs", "PRVS"), tag(keys, ANN, TODAY, PLUS)
    proofs = {untag(keys, one, TODAY).proof for one in forms}
    assert len(proofs) == 1
    assert "" not in proofs


# Keys that change


def test_after_a_key_change_the_old_tag_holds(make_keys):
    tagged = tag(make_keys(1), ANN, TODAY)
    assert untag(make_keys(2, 1), tagged, TODAY).state == "ours"
    assert tag(make_keys(2, 1), ANN, TODAY).startswith("prvs=2")


def test_a_key_that_is_gone_makes_a_tag_anybodys(make_keys):
    tagged = tag(make_keys(1), ANN, TODAY)
    assert untag(make_keys(3, 2), tagged, TODAY) == untag(make_keys(3), tagged, TODAY)
    assert untag(make_keys(3, 2), tagged, TODAY).state == "foreign"
    assert untag(make_keys(3, 2), tagged, TODAY).address == tagged


def test_two_keys_with_one_last_digit_are_both_asked(make_keys):
    tagged = tag(make_keys(1), ANN, TODAY)
    assert untag(make_keys(11, 1), tagged, TODAY).state == "ours"
    assert untag(make_keys(11), tagged, TODAY).state == "bad"


# What is not tagged


@pytest.mark.parametrize("form", FORMS)
def test_a_local_part_that_would_be_too_long_is_left_as_it_is(keys, form):
    longest = "a" * (MOST_LOCAL - ADDED) + "@example.org"
    tagged = tag(keys, longest, TODAY, form)
    assert len(tagged.rpartition("@")[0]) == MOST_LOCAL
    assert untag(keys, tagged, TODAY).state == "ours"
    assert tag(keys, "a" + longest, TODAY, form) == "a" + longest
    assert not is_taggable("a" + longest)


def test_the_length_is_that_of_octets(keys):
    assert is_taggable("ö" * 24 + "@example.org")
    assert not is_taggable("ö" * 24 + "a@example.org")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "postmaster",
        '"ann lee"@example.org',
        '"ann"@example.org',
        "@example.org",
        "ann@",
        "ann lee@example.org",
        "ann..lee@example.org",
        "ann@home@example.org",
        "prvs=2786aabbcc=ann@example.org",
        "PRVS=2786aabbcc=ann@example.org",
        "ann+prvs=2786aabbcc@example.org",
        "btv1==123aabbccddee==ann@example.org",
        "SRS0=aaaa=bb=example.net=ann@example.org",
        # What is left of octets that are no UTF-8.
        "j\udcf6rg@example.org",
        "k\ufffdln@example.org",
    ],
)
def test_what_would_be_no_address_or_has_a_tag_is_left_as_it_is(keys, address):
    for form in FORMS:
        assert tag(keys, address, TODAY, form) == address
    assert not is_taggable(address)


@pytest.mark.parametrize("local", ["batv-team", "srs", "prvs", "ann+news", "btv1=x", "srs0"])
def test_names_that_only_begin_like_a_tag_are_tagged(keys, local):
    address = f"{local}@example.org"
    assert untag(keys, address, TODAY).state == "none"
    assert untag(keys, tag(keys, address, TODAY, PLUS), TODAY).address == address


# Those of others


@pytest.mark.parametrize(
    "address",
    [
        # A key that we do not have: most others sign with number 0.
        "prvs=0891a9abd5=test@example.org",
        "test+prvs=0891a9abd5@example.org",
        # Exim's older form, and what is not hexadecimal.
        "prvs=ann/2786aabbcc@example.org",
        "prvs=27864zzzzz=ann@example.org",
        "prvs=ann@example.org",
        "btv1==5711b5cd8ed==ann@example.org",
        "msprvs1=17891kq3iMmEV=bounces-12345@example.org",
        "SRS0=HHH=TT=example.net=ann@example.org",
        "srs1+HHH=example.net==HHH=TT=example.com=ann@example.org",
        "batv=abc=ann@example.org",
    ],
)
def test_what_another_maker_tagged_is_left_alone(keys, address):
    found = untag(keys, address, TODAY)
    assert (found.address, found.state, found.proof) == (address, "foreign", "")


@pytest.mark.parametrize(
    "address", [ANN, "", "postmaster", "ann+news@example.org", "a=b=c@d.example"]
)
def test_an_address_without_a_tag_is_one(keys, address):
    found = untag(keys, address, TODAY)
    assert (found.address, found.state) == (address, "none")


def test_an_address_that_is_too_long_is_not_looked_at(keys):
    tagged = tag(keys, ANN, TODAY)
    longest = tagged + "x" * (1000 - len(tagged))
    assert untag(keys, longest, TODAY).state == "bad"
    assert untag(keys, longest + "x", TODAY).state == "none"


@pytest.mark.parametrize(
    "local",
    [
        "ann", "prvs=0061598d7e=ann", "ann+prvs=0061598d7e", "ann=prvs=0061598d7e",
        "prvs=ann/0061598d7e", "btv1==0061598d7e==ann", "msprvs1=0061598d7e=ann",
    ],
)  # fmt: skip
def test_another_makers_tag_is_taken_off(local):
    assert bare(f"{local}@contoso.example") == "ann@contoso.example"


@pytest.mark.parametrize("address", ["", "ann", "prvs=@a", "prvs=x=ann@contoso.example"])
def test_what_has_no_tag_stays(address):
    assert bare(address) == address


@pytest.mark.parametrize(("more", "taggable"), [(0, True), (1, False)])
def test_an_address_that_would_be_too_long_is_left_as_it_is(more, taggable):
    domain = "x" * (MOST_ADDRESS - ADDED - len("ann@") + more)
    assert is_taggable(f"ann@{domain}") is taggable
