"""One field that signs: its tags become facts, and what cannot be valid says why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.scanners.dkim.signatures import ARC_MESSAGE, ARC_SEAL, DKIM, MOST_FIELDS, read_signing

DKIM_TAGS = {
    "v": "1", "a": "rsa-sha256", "b": "AAAA", "bh": "AAAA", "d": "Example.org", "s": "Key1",
    "h": "From:To",
}  # fmt: skip
MESSAGE_TAGS = DKIM_TAGS | {"v": None, "i": "1"}
SEAL_TAGS = {"i": "1", "a": "rsa-sha256", "b": "AAAA", "cv": "none", "d": "example.org", "s": "k"}
OF = {DKIM: DKIM_TAGS, ARC_MESSAGE: MESSAGE_TAGS, ARC_SEAL: SEAL_TAGS}


def read(kind=DKIM, **tags):
    written = {tag: value for tag, value in (OF[kind] | tags).items() if value is not None}
    text = "; ".join(f"{tag}={value}" for tag, value in written.items())
    return read_signing(kind, f" {text}\r\n".encode(), 3)


def test_what_a_signature_says_is_stated():
    one = read(t="1000", x="2000", l="17", c="relaxed/simple", i="ann@mail.example.org")
    stated = one.stated
    assert stated.problem == ""
    assert (stated.kind, stated.domain, stated.selector) == ("dkim", "example.org", "key1")
    assert (stated.algorithm, stated.value) == ("rsa-sha256", b"\0\0\0")
    assert stated.identity == "ann@mail.example.org"
    assert (stated.signed_at.seconds, stated.expires_at.seconds) == (1000, 2000)
    assert list(stated.fields) == ["from", "to"]
    assert stated.body_length == 17
    assert (one.place, one.header_form, one.body) == (3, "relaxed", ("simple", 17))


def test_what_it_does_not_say_has_a_default():
    one = read()
    assert one.stated.identity == "@example.org"
    assert one.stated.body_length == -1
    assert not one.stated.HasField("signed_at")
    assert not one.stated.HasField("expires_at")
    assert (one.header_form, one.body_form) == ("simple", "simple")
    assert (one.stated.instance, one.stated.chain) == (0, "")


@pytest.mark.parametrize(
    ("c", "forms"),
    [("relaxed", ("relaxed", "simple")), ("simple/relaxed", ("simple", "relaxed"))],
)
def test_half_of_the_forms_is_simple_if_it_is_not_said(c, forms):
    one = read(c=c)
    assert (one.header_form, one.body_form) == forms


@pytest.mark.parametrize("tag", DKIM_TAGS)
@pytest.mark.parametrize("value", [None, ""])
def test_a_tag_that_must_be_there_is_there(tag, value):
    assert read(**{tag: value}).stated.problem != ""


@pytest.mark.parametrize(
    ("tags", "problem"),
    [
        ({"v": "2"}, "version"),
        ({"v": "1.0"}, "version"),
        ({"a": "rsa-sha1"}, "algorithm"),
        ({"a": "RSA-SHA256"}, "algorithm"),
        ({"c": "nowsp"}, "canonicalization"),
        ({"c": "relaxed/"}, "canonicalization"),
        ({"c": "simple/simple/simple"}, "canonicalization"),
        ({"c": ""}, "canonicalization"),
        ({"h": "To:Subject"}, "from_unsigned"),
        ({"h": "From:"}, "syntax"),
        ({"i": "@elsewhere.org"}, "identity"),
        ({"i": "@anexample.org"}, "identity"),
        ({"i": "@org"}, "identity"),
        ({"i": "example.org"}, "syntax"),
        ({"t": "2000", "x": "1999"}, "times"),
        ({"t": "soon"}, "syntax"),
        ({"x": ""}, "syntax"),
        ({"l": "-1"}, "syntax"),
        ({"l": ""}, "syntax"),
        ({"b": "!"}, "syntax"),
        ({"bh": "AAA"}, "syntax"),
        ({"d": "org"}, "syntax"),
        ({"s": "a b"}, "syntax"),
        ({"q": "dns"}, "syntax"),
    ],
)
def test_why_it_cannot_be_valid(tags, problem):
    assert read(**tags).stated.problem == problem


@pytest.mark.parametrize(
    "tags",
    [
        {"i": "ann@EXAMPLE.org"}, {"i": "@a.b.example.org"}, {"q": "dns/txt"}, {"q": "x:dns/txt"},
        {"t": "2000", "x": "2000"}, {"t": "0"}, {"l": "0"}, {"z": "From:a|To:b"}, {"n": "a note"},
        {"a": "ed25519-sha256"}, {"r": "y"},
    ],
)  # fmt: skip
def test_what_is_no_problem(tags):
    assert read(**tags).stated.problem == ""


@pytest.mark.parametrize("tags", [{"x": "2"}, {"t": "2"}, {"t": "2", "x": "2"}])
def test_a_signature_may_say_when_it_ends_and_not_when_it_was_made(tags):
    stated = read(**tags).stated
    assert stated.problem == ""
    assert stated.HasField("signed_at") is ("t" in tags)
    assert stated.HasField("expires_at") is ("x" in tags)


def test_a_time_of_zero_is_a_time():
    assert read(t="0").stated.HasField("signed_at")


def test_what_can_be_read_is_stated_beside_the_problem():
    stated = read(a="rsa-sha1", v="2").stated
    assert (stated.problem, stated.algorithm) == ("version", "rsa-sha1")
    assert (stated.domain, list(stated.fields)) == ("example.org", ["from", "to"])


def test_what_is_no_list_of_tags_says_only_that():
    stated = read_signing(DKIM, b" v=1; v=1\r\n", 0).stated
    assert (stated.problem, stated.domain) == ("syntax", "")


def test_of_many_names_a_hundred_are_stated_and_all_are_signed():
    names = [f"x{number}" for number in range(MOST_FIELDS - 1)]
    full = read(h=":".join([*names, "from"]))
    assert list(full.stated.fields) == [*names, "from"]
    more = read(h=":".join([*names, "y", "from"]))
    assert list(more.stated.fields) == [*names, "y"]
    assert more.names[-1] == b"from"
    assert more.stated.problem == ""


def test_a_length_that_no_number_holds_is_the_longest():
    assert read(l="9" * 76).stated.body_length == 2**63 - 1


# ARC


def test_the_signature_of_a_set_has_a_number_and_no_identity():
    stated = read(ARC_MESSAGE, i="50", v="7").stated
    assert (stated.problem, stated.kind, stated.instance) == ("", "arc_message", 50)
    assert stated.identity == ""


def test_a_seal_says_what_became_of_the_chain_and_has_no_body():
    stated = read(ARC_SEAL, cv="pass", i="2").stated
    assert (stated.problem, stated.kind, stated.chain) == ("", "arc_seal", "pass")
    assert (stated.body_length, list(stated.fields)) == (-1, [])


@pytest.mark.parametrize(
    ("kind", "tags", "problem"),
    [
        (ARC_MESSAGE, {"i": "0"}, "arc_set"),
        (ARC_MESSAGE, {"i": "51"}, "arc_set"),
        (ARC_MESSAGE, {"i": "x"}, "arc_set"),
        (ARC_MESSAGE, {"i": None}, "syntax"),
        (ARC_MESSAGE, {"h": "From:ARC-Seal"}, "syntax"),
        (ARC_MESSAGE, {"h": "To"}, "from_unsigned"),
        (ARC_SEAL, {"h": "From"}, "syntax"),
        (ARC_SEAL, {"cv": "maybe"}, "syntax"),
        (ARC_SEAL, {"cv": None}, "syntax"),
        (ARC_SEAL, {"a": "rsa-sha1"}, "algorithm"),
    ],
)
def test_why_a_field_of_a_set_cannot_be_valid(kind, tags, problem):
    assert read(kind, **tags).stated.problem == problem


@given(
    st.sampled_from(list(OF)),
    st.lists(
        st.sampled_from(
            [b"v=1;", b"a=rsa-sha256;", b"b=AAAA;", b"bh=AAAA;", b"d=a.b;", b"h=from;", b"s=k;",
             b"i=1;", b"cv=none;", b"t=1;", b"x=;", b"l=;", b"\r\n ", b" ", b"\xff", b"=", b"c=;"]
        )
    ),
    st.binary(max_size=9),
)  # fmt: skip
def test_octets_of_any_kind_raise_nothing(kind, pieces, octets):
    read_signing(kind, b"".join(pieces) + octets, 0)
