"""The fields Authentication-Results, where they stand, and how many of them are told."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.mime.header import Header
from pratique.scanners.senders import grammar
from pratique.scanners.senders.results import FIELDS, OCTETS, stated


def read(header, before=b"", behind=b"\r\nbody"):
    together = facts.Facts()
    fields = Header(0, len(header), header).fields
    for one in stated(fields, memoryview(before + header + behind), len(before)):
        together.MergeFrom(one)
    return together


def limits(found):
    return [(one.class_, one.detail) for one in found.limits]


ONE = b"Authentication-Results: mx.example;\r\n\tspf=pass smtp.mailfrom=a.example\r\n"


def test_a_folded_field_is_told_with_its_place():
    header = b"Subject: x\r\n" + ONE + b"To: y\r\n"
    found = read(header, before=b"\r\n\r\n")
    (one,) = found.stated_results
    assert (one.authserv_id, one.start, one.end) == ("mx.example", 16, 16 + len(ONE))
    assert [(two.method, two.result, dict(two.properties)) for two in one.results] == [
        ("spf", "pass", {"smtp.mailfrom": "a.example"})
    ]
    assert not limits(found)


@pytest.mark.parametrize("name", [b"authentication-results:", b"AUTHENTICATION-RESULTS \t:"])
def test_a_field_is_known_in_any_spelling(name):
    assert read(name + b" mx.example; none\n").stated_results[0].authserv_id == "mx.example"


def test_the_topmost_stands_first():
    header = b"".join(b"Authentication-Results: %d.example; none\n" % n for n in range(3))
    found = read(header).stated_results
    assert [one.authserv_id for one in found] == ["0.example", "1.example", "2.example"]


def test_what_is_no_whole_line_cannot_be_cut():
    behind_mark = read(ONE, before=b"\xef\xbb\xbf").stated_results[0]
    cut = read(ONE[:-2], behind=b"more of it\r\n").stated_results[0]
    assert (behind_mark.start, behind_mark.end, cut.start, cut.end) == (0, 0, 0, 0)


def test_other_fields_are_not_told():
    assert not read(b"ARC-Authentication-Results: i=1; mx.example; spf=pass\n").ByteSize()


@pytest.mark.parametrize("more", [0, 1])
def test_of_so_many_fields_the_results_are_told(more):
    found = read(ONE * (FIELDS + more))
    assert [len(one.results) for one in found.stated_results] == [1] * FIELDS + [0] * more
    expected = [("header", "more than 20 fields Authentication-Results")]
    assert limits(found) == (expected if more else [])


def test_of_all_fields_it_is_told_whose_they_are_and_where_they_stand():
    mine = b"Authentication-Results: us.example; dkim=pass header.d=bank.example\r\n"
    last = read(ONE * 900 + mine).stated_results[-1]
    begin = 900 * len(ONE)
    assert (last.authserv_id, last.start, last.end) == ("us.example", begin, begin + len(mine))
    assert not last.results


def test_a_name_behind_a_long_comment_is_told():
    field = b"Authentication-Results: (" + b"a" * 100_000 + b") us.example; spf=pass\n"
    assert read(field).stated_results[0].authserv_id == "us.example"


@pytest.mark.parametrize(
    "body", [b"us.example of ours; spf=pass", b"us.example spf=pass", b"us.example 1x; spf=pass"]
)
def test_a_name_that_some_reader_takes_for_one_is_told_and_no_result_with_it(body):
    (one,) = read(b"Authentication-Results: " + body + b"\n").stated_results
    assert (one.authserv_id, list(one.results)) == ("us.example", [])


@pytest.mark.parametrize("more", [0, 1])
def test_so_many_results_of_a_field_are_told(more):
    found = read(b"Authentication-Results: mx.example" + b"; dkim=pass" * (50 + more) + b"\n")
    assert grammar.RESULTS == len(found.stated_results[0].results) == 50
    expected = [("header", "more than 50 results in a field Authentication-Results")]
    assert limits(found) == (expected if more else [])


@pytest.mark.parametrize("more", [0, 1])
def test_so_many_properties_of_a_result_are_told(more):
    many = b" ".join(b"header.x%c=1" % (97 + n) for n in range(20 + more))
    found = read(b"Authentication-Results: mx.example; dkim=pass " + many + b"\n")
    assert len(found.stated_results[0].results[0].properties) == grammar.PROPERTIES == 20
    expected = [("header", "more than 20 properties in a field Authentication-Results")]
    assert limits(found) == (expected if more else [])


@pytest.mark.parametrize("more", [0, 1])
def test_so_many_octets_of_a_field_are_read(more):
    start = b" mx.example; spf=pass "
    field = start + b"x" * (OCTETS - len(start) + more)
    found = read(b"Authentication-Results:" + field + b"\n")
    expected = [("header", f"a field Authentication-Results of more than {OCTETS} octets")]
    assert limits(found) == (expected if more else [])
    assert found.stated_results[0].results[0].result == "pass"


def test_octets_that_are_no_text_are_no_trouble():
    found = read(b"Authentication-Results: \xff\xfe; spf=pass smtp.mailfrom=\xe9@a.example\n")
    assert found.stated_results[0].results[0].method == "spf"
    assert facts.Facts.FromString(found.SerializeToString()) == found
