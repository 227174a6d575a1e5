"""The body of an Authentication-Results field (RFC 8601, appendix B, and what servers write)."""

import time

import pytest

from pratique.scanners.senders.grammar import PROPERTIES, VALUE, authserv_id, results, segments


def read(body):
    found = segments(body)
    named = authserv_id(found[0])
    return named, list(results(found[1:] if named else found))


@pytest.mark.parametrize(
    ("body", "named", "expected"),
    [
        # B.2 to B.7
        ("example.org 1; none", "example.org", []),
        ("example.com; spf=pass smtp.mailfrom=example.net", "example.com",
         [("spf", "pass", {"smtp.mailfrom": "example.net"})]),
        (("example.com; auth=pass (cram-md5) smtp.auth=sender@example.net; spf=pass "
          "smtp.mailfrom=example.net"), "example.com",
         [("auth", "pass", {"smtp.auth": "sender@example.net"}),
          ("spf", "pass", {"smtp.mailfrom": "example.net"})]),
        (("example.com; dkim=pass reason=\"good signature\" header.i=@mail-router.example.net; "
          "dkim=fail reason=\"bad signature\" header.i=@newyork.example.com"), "example.com",
         [("dkim", "pass", {"header.i": "@mail-router.example.net"}),
          ("dkim", "fail", {"header.i": "@newyork.example.com"})]),
        (("foo.example.net (foobar) 1 (baz); dkim (Because I like it) / 1 (One yay) = "
         "(wait for it) fail policy (A dot can go here) . (like that) expired (this surprised "
         "me) = (as I wasn't expecting it) 1362471462"), "foo.example.net",
         [("dkim", "fail", {"policy.expired": "1362471462"})]),
        # What servers write.
        (("spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=a.example;dmarc=bestguesspass "
         "action=none header.from=a.example;compauth=pass reason=109"), "",
         [("spf", "pass", {"smtp.mailfrom": "a.example"}),
          ("dmarc", "bestguesspass", {"header.from": "a.example"}), ("compauth", "pass", {})]),
        ("mx.example; dkim=pass header.b=Ab/c+d= header.s=\"s 1\"", "mx.example",
         [("dkim", "pass", {"header.b": "Ab/c+d=", "header.s": "s 1"})]),
        ('"MX.Example"; SPF=Pass SMTP.MailFrom="a \\"b"@c.example', "mx.example",
         [("spf", "pass", {"smtp.mailfrom": '"a \\"b"@c.example'})]),
        ("mx.example;;; ; spf=pass;", "mx.example", [("spf", "pass", {})]),
        ("mx.example; spf=pass (a ; dkim=pass (nested;) \\) ) smtp.helo=h", "mx.example",
         [("spf", "pass", {"smtp.helo": "h"})]),
        # In a comment a quotation mark is nothing, and what a backslash quotes ends nothing.
        ('(") mx.example; spf=pass', "mx.example", [("spf", "pass", {})]),
        ("mx.example; spf=fail (of \\); dkim=pass header.d=bank.example \\() smtp.helo=h",
         "mx.example", [("spf", "fail", {"smtp.helo": "h"})]),
        ("(a (b\\) c) d) mx.example; spf=pass", "mx.example", [("spf", "pass", {})]),
        ('mx.example; spf=fail reason="; dkim=pass header.d=bank.example"', "mx.example",
         [("spf", "fail", {})]),
    ],
)  # fmt: skip
def test_results_are_read(body, named, expected):
    assert read(body) == (named, expected)


@pytest.mark.parametrize(
    "body",
    ["", ";", ";;", "(", "((((", ")", '"', '"a', "\\", "a b c", "; spf", "; =pass", "; spf=",
     "; spf = ;", "; 1=2", "mx.example; spf=pa*ss", "x" * 9000, "(" * 9000, '"\\' * 4000],
)  # fmt: skip
def test_what_is_no_result_is_none(body):
    assert read(body)[1] == []


def test_the_first_of_two_properties_counts():
    body = "mx.example; dkim=pass header.d=one.example header.d=two.example"
    assert read(body)[1] == [("dkim", "pass", {"header.d": "one.example"})]


@pytest.mark.parametrize(("more", "kept"), [(0, PROPERTIES), (1, PROPERTIES + 1)])
def test_one_property_more_than_the_limit_is_kept_to_tell_of_it(more, kept):
    many = " ".join(f"header.x{chr(97 + n)}=1" for n in range(PROPERTIES + more))
    assert len(read(f"mx.example; dkim=pass {many}")[1][0][2]) == kept


@pytest.mark.parametrize("more", [0, 1])
def test_a_value_is_cut_where_no_address_is_longer(more):
    body = f"mx.example; spf=pass smtp.mailfrom={'a' * (VALUE + more)}"
    assert len(read(body)[1][0][2]["smtp.mailfrom"]) == VALUE
    assert len(read("a" * (VALUE + more))[0]) == VALUE


def test_many_blanks_between_properties_cost_little():
    begun = time.process_time()
    found = list(results(["dkim=pass" + " " * 60_000 + "header.d=a.example" + " " * 60_000]))
    assert found == [("dkim", "pass", {"header.d": "a.example"})]
    assert time.process_time() - begun < 1
