"""What stands in tags: what can be read is, and the rest is None."""

import base64
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.scanners.dkim import values


@pytest.mark.parametrize(
    ("value", "number"),
    [(b"0", 0), (b"007", 7), (b"9" * 76, int("9" * 76)), (b"9" * 77, None), (b"", None),
     (b"-1", None), (b"1 2", None), (b"\xd9\xa1", None)],
)  # fmt: skip
def test_a_number_is_decimal_and_has_76_digits_at_most(value, number):
    assert values.number(value) == number


def test_a_time_that_no_date_has_is_the_last_there_is():
    assert values.second(b"253402300799") == values.LAST_SECOND
    assert values.second(b"253402300800") == values.LAST_SECOND
    assert values.second(b"soon") is None


@pytest.mark.parametrize(
    ("value", "octets"),
    [(b"AAAA", b"\0\0\0"), (b"A A\r\n\tA=", b"\0\0"), (b"", None), (b"AAA", None), (b"A===", None),
     (b"AA=A", None), (b"====", None), (b"AA-_", None), (b"AAAA====", None), (b"AA\x0bAA", None)],
)  # fmt: skip
def test_base64_has_white_space_and_nothing_else_beside_it(value, octets):
    assert values.base64(value) == octets


def test_a_value_is_as_long_as_the_longest_key_and_no_longer():
    assert len(values.base64(base64.b64encode(bytes(values.MOST_VALUE)))) == values.MOST_VALUE
    assert values.base64(base64.b64encode(bytes(values.MOST_VALUE + 1))) is None
    assert values.base64(base64.b64encode(bytes(10 * values.MOST_VALUE))) is None


@pytest.mark.parametrize(
    ("value", "labels", "name"),
    [
        (b"Example.ORG", 2, "example.org"),
        ("bücher.example".encode(), 2, "xn--bcher-kva.example"),
        (b"20_a.b-c", 1, "20_a.b-c"),
        (b"org", 2, None),
        (b"org", 1, "org"),
        (b"example.org.", 2, None),
        (b"a..b", 2, None),
        (b"-a.b", 2, None),
        (b"a.b-", 2, None),
        (b"a b.c", 2, None),
        (b"", 1, None),
        (b"****", 2, None),
        (b"a" * 63 + b".b", 2, "a" * 63 + ".b"),
        (b"a" * 64 + b".b", 2, None),
        (b"a." * 126 + b"a", 2, "a." * 126 + "a"),
        (b"a." * 127 + b"a", 2, None),
    ],
)
def test_a_host_is_what_dns_may_have(value, labels, name):
    assert values.host(value, labels) == name


@pytest.mark.parametrize(("labels", "is_one"), [(31, True), (32, False)])
def test_a_host_is_as_long_as_dns_has_it_once_its_labels_are_encoded(labels, is_one):
    # Two octets each as they stand, and seven in A-labels.
    written = ".".join(["\u00fc"] * labels + ["aaaaa"]).encode()
    assert len(written) < 110
    assert (values.host(written, 2) is not None) is is_one


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (b"From : to:\r\n\tX-A", [b"from", b"to", b"x-a"]),
        (b"from:from", [b"from", b"from"]),
        (b"from:", None),
        (b"", None),
        (b"from::to", None),
        (b"fr om", None),
        (b"caf\xc3\xa9", None),
    ],
)
def test_names_of_fields_stand_between_colons(value, names):
    assert values.field_names(value) == names


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"@Example.org", ("", "example.org")),
        (b"ann=40home@a.example.org", ("ann@home", "a.example.org")),
        (b"a@b@example.org", ("a@b", "example.org")),
        (b"example.org", None),
        (b"ann@", None),
        (b"a" * values.MOST_IDENTITY + b"@b.c", ("a" * values.MOST_IDENTITY, "b.c")),
        (b"a" * (values.MOST_IDENTITY + 1) + b"@b.c", None),
    ],
)
def test_an_identity_has_a_host_and_perhaps_a_local_part(value, found):
    assert values.identity(value) == found


def test_a_list_of_words_stands_between_colons():
    assert values.words(b"dns/txt : x") == [b"dns/txt", b"x"]


def test_what_is_shown_is_short_and_valid():
    assert values.text(b"rsa-sha1") == "rsa-sha1"
    assert values.text(b"\xff" + b"a" * 100) == "\N{REPLACEMENT CHARACTER}" + "a" * 63


@given(st.binary(max_size=80))
def test_octets_of_any_kind_raise_nothing(octets):
    for read in (values.number, values.second, values.base64, values.field_names, values.words,
                 values.identity, values.text, lambda one: values.host(one, 1)):  # fmt: skip
        read(octets)


def test_many_blanks_between_names_cost_little():
    begun = time.process_time()
    assert values.field_names(b"from" + b" " * 60_000 + b":to") == [b"from", b"to"]
    assert values.field_names(b"from" + b" " * 60_000 + b"x") is None
    assert time.process_time() - begun < 1
