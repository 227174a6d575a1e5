"""The facts of the message's own header."""

import itertools
import re

import pytest

from pratique.scanners.budget import Budget, Limits, OverBudget
from pratique.scanners.mime.mail import NAME_OCTETS, mail_facts

WORDY = (
    *(b"From", b"Sender", b"To", b"Cc", b"Reply-To", b"Subject", b"Message-ID", b"Date"),
    b"X-Pratique-Release",
)
OURS = b"X-Pratique-" + b"\xff" * 200 + b": x\n"
OURS *= 900
PLAIN = b"From: A <a@example.org>\r\nTo: b@example.net, c@example.net\r\nSubject: x\r\n"


def facts_of(octets, **limits):
    return mail_facts(memoryview(octets), Budget(Limits(**limits)))


def cut_out(octets):
    """What is left once the foreign fields are cut, as the door cuts them."""
    for each in reversed(facts_of(octets).foreign_fields):
        octets = octets[: each.start] + octets[each.end :]
    return octets


def test_the_usual_fields_are_told():
    mail = facts_of(
        b"Received: a\r\nReceived: b\r\n" + PLAIN + b"Cc: d@example.net\r\n"
        b"Sender: e@example.org\r\nReply-To: f@example.org\r\nMessage-ID: <g@example.org>\r\n"
        b"Date: Mon, 02 Mar 2026 11:31:00 +0900\r\n\r\nSubject: not this\r\n"
    )

    header = mail.header
    assert [each.address for each in header.from_] == ["a@example.org"]
    assert header.from_[0].display_name == "A"
    assert [each.domain for each in header.to] == ["example.net", "example.net"]
    assert [each[0].address[0] for each in (header.cc, header.sender, header.reply_to)] == [*"def"]
    assert (mail.subject, mail.message_id) == ("x", "<g@example.org>")
    assert mail.date == "Mon, 02 Mar 2026 11:31:00 +0900"
    assert mail.received_count == 2
    assert list(mail.header_anomalies) == []
    assert (mail.size, mail.sha256, mail.raw_subject) == (0, "", b"")


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (PLAIN + b"\r\n\xff", []),
        (b"Subject: x\r\n\r\n", ["no_from"]),
        (PLAIN + b"From: b@example.org\r\n\r\n", ["repeated_field", "several_from"]),
        (b"From: a@x.org, b@x.org\r\n\r\n", ["several_from"]),
        (PLAIN + b"Subject: y\r\n\r\n", ["repeated_field"]),
        (PLAIN + b"Received: a\r\nReceived: b\r\nX-A: 1\r\nX-A: 2\r\n\r\n", []),
        (PLAIN + b"no field\r\n\r\n", ["not_a_field"]),
        (PLAIN + b"Message-ID: \r\n \r\n\r\n", ["empty_message_id"]),
        (PLAIN + b"Message-ID:<>\r\n\r\n", []),
        (PLAIN + b"X: \0\r\n\r\n\0", ["nul"]),
        (PLAIN + "X: ü\r\n\r\n".encode(), ["eight_bit"]),
        (b"From: \xff <a@x.org>\r\n\r\n", ["bad_charset", "eight_bit"]),
        (b"From: a@x.org\r\nSubject: =?utf-8?q?=FF?=\r\n\r\n", ["bad_charset"]),
        (b"From: a@x.org\r\nTo: " + b"b@x.org, " * 1001 + b"\r\n\r\n", ["address_list_cut"]),
        (b"", ["no_from"]),
        (b"\r\nFrom: a@x.org\r\n\r\n", []),
        (b"From: a@x.org\rTo: b@x.org\r\rbody", []),
    ],
)
def test_what_is_wrong_with_a_header_is_told_in_words(octets, words):
    assert list(facts_of(octets).header_anomalies) == words


def test_a_bad_subject_is_kept_as_it_was():
    mail = facts_of(b"Subject: a \xff\r\n\r\n")

    assert (mail.subject, mail.raw_subject) == ("a \ufffd", b"a \xff")


@pytest.mark.parametrize(
    "field",
    [
        b"X-Pratique-Verdict: clean\r\n",
        b"x-pratique-verdict: clean\r\n",
        b"X-PRATIQUE-Verdict : clean\r\n",
        b"X-Pratique-Verdict: clean\r\n\tand folded\r\n and again\r\n",
        b" X-Pratique-Verdict: clean\r\n",
        b"\0X-Pratique-Verdict: clean\r\n",
        b" " * 64 + b"X-Pratique-Verdict: clean\r\n",
        b"X-Pratique-A: 1\r\n X-Pratique-B: 2\r\n\tX-Pratique-C: 3\r\n",
        b"X-Pratique-Odd name: clean\r\n",
        b"X-Pratique-: clean\r\n",
        b"X-Pratique-A: 1\r\nX-Pratique-B: 2\r\n",
        b"MIME-Ambiguity-Results: mx.example.org; result=none\r\n",
        b"mime-ambiguity-results : mx;\r\n result=none\r\n",
        b" MIME-Ambiguity-Results: x\r\n",
    ],
)
@pytest.mark.parametrize("before", [b"", b"From: a@x.org\r\n", b"no field\r\n"])
def test_fields_that_only_we_may_write_are_found_with_their_offsets(before, field):
    octets = before + field + b"To: b@x.org\r\n\r\nX-Pratique-Body: stays\r\n"

    assert cut_out(octets) == before + b"To: b@x.org\r\n\r\nX-Pratique-Body: stays\r\n"
    assert all(
        each.name.lower().startswith(("x-pratique-", "mime-ambiguity-results"))
        for each in facts_of(octets).foreign_fields
    )


def test_a_line_folded_into_somebody_elses_field_is_cut_alone():
    octets = b"A: b\r\n X-Pratique-A: 1\r\n and more\r\nC: d\r\n\r\n"

    assert cut_out(octets) == b"A: b\r\n and more\r\nC: d\r\n\r\n"


LINES = [
    *(b"X-Pratique-A: 1", b" X-Pratique-B: 2", b"\t x-pratique-c: 3", b"\0X-Pratique-D:", b" fold"),
    *(
        b"Subject: x",
        b"junk",
        b"a\rX-Pratique-E: 5",
        b"X-Pra\0tique-F: 6",
        b" " * 65 + b"X-Pratique-G: 7",
    ),
]


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\r\n", b"From x\r\n"])
@pytest.mark.parametrize("end", [b"\r\n\r\nbody", b"\r\n", b"\n", b"", b"\r"])
def test_cuts_are_whole_lines_of_ours_in_order_and_apart(before, end):
    for lines in itertools.product(LINES, repeat=3):
        octets = before + b"\r\n".join(lines) + end
        reached = 0
        for each in facts_of(octets).foreign_fields:
            assert reached <= each.start < each.end <= len(octets)
            assert each.start == 0 or octets[each.start - 1 : each.start] == b"\n"
            assert each.end == len(octets) or octets[each.end - 1 : each.end] == b"\n"
            assert re.match(rb"[ \t\0]{0,64}x-pratique-", octets[each.start :], re.IGNORECASE)
            reached = each.end


def test_the_header_of_old_macs_is_not_cut():
    assert not facts_of(b"A: b\rX-Pratique-A: 1\rC: d\r\rbody").foreign_fields


def test_a_field_of_ours_that_goes_on_past_the_limit_is_not_cut_in_two():
    octets = PLAIN + b"X-Pratique-A: 1\r\nX-Pratique-" + b"a" * 2_000_000 + b": x\r\n\r\n"

    assert [each.name for each in facts_of(octets).foreign_fields] == ["X-Pratique-A"]


def test_a_name_of_ours_is_stated_so_far():
    for length in (NAME_OCTETS, NAME_OCTETS + 1):
        (ours,) = facts_of(b"X-Pratique-".ljust(length, b"a") + b": x\r\n\r\n").foreign_fields
        assert (len(ours.name), ours.end) == (NAME_OCTETS, length + 5)


BAD = b"=?us-ascii?q?" + b"\xff" * 60_000 + b"?="


@pytest.mark.parametrize(
    "octets",
    [
        b"".join(each + b": " + BAD + b"\n" for each in WORDY) + OURS,
        b"".join(each + b": " + b"\xff" * 70_000 + b"\n" for each in WORDY) + OURS,
        b"".join(each + b": (" + b"c" * 30_000 + b")" + b"a," * 15_000 + b"\n" for each in WORDY),
        b"".join(each + b": " + b"\xff@\xff," * 16_000 + b"\n" for each in WORDY) + OURS,
        b"".join(each + b": " + BAD + b" <\xff@" + b"x" * 4000 + b">\n" for each in WORDY),
        b"X-Pratique-" + b"a" * 5_000_000 + b": x\n",
    ],
)
def test_the_worst_header_makes_facts_that_pass_through_the_wall(octets):
    mail = facts_of(octets + b"\n")

    assert mail.ByteSize() < 1024 * 1024
    texts = [mail.subject, mail.message_id, mail.date, mail.release_token]
    assert all(len(text.encode()) <= 64 * 1024 for text in texts)
    assert all(each.ByteSize() <= 64 * 1024 for each in mail.header.from_)


def test_a_header_that_never_ends_is_read_no_further_than_the_limit(budget):
    mail = mail_facts(memoryview(PLAIN + b"--\n" * 8_000_000), budget)

    assert mail.subject == "x"
    assert "not_a_field" in mail.header_anomalies


@pytest.mark.parametrize(
    "octets",
    [
        b"X-Other: X-Pratique-A: 1\r\n\r\n",
        b"X-Pratiques: 1\r\n\r\n",
        b"MIME-Ambiguity-Resultss: 1\r\n\r\n",
        b"X-MIME-Ambiguity-Results: 1\r\n\r\n",
        b"X-Pratique-without-a-colon\r\n\r\n",
        b"A: b\r\n\r\nX-Pratique-A: 1\r\n",
    ],
)
def test_what_is_no_field_of_ours_is_left_alone(octets):
    assert not facts_of(octets).foreign_fields


def test_as_many_fields_of_ours_as_a_header_may_have_are_told():
    folded = b"A: b\r\n" + b" X-Pratique-A: 1\r\n" * 10

    assert len(facts_of(folded + b"\r\n", header_fields=10).foreign_fields) == 10
    with pytest.raises(OverBudget) as over:
        facts_of(folded + b" X-Pratique-B: 2\r\n\r\n", header_fields=10)
    assert over.value.class_ == "header"


@pytest.mark.parametrize(
    ("fields", "token"),
    [
        (b"X-Pratique-Release: abc \r\n", "abc"),
        (b"x-pratique-release :abc\r\n", "abc"),
        (b"X-Pratique-Release: abc\r\nX-Pratique-Release: def\r\n", ""),
        (b"X-Pratique-Other: abc\r\n", ""),
    ],
)
def test_a_release_token_counts_only_if_it_stands_once(fields, token):
    assert facts_of(fields + b"\r\n").release_token == token


def test_a_header_over_the_limit_is_read_up_to_it():
    mail = facts_of(b"A: b\r\n" * 2000 + b"Subject: beyond\r\nX-Pratique-A: 1\r\n\r\n")

    assert mail.subject == ""
    assert len(mail.foreign_fields) == 1


@pytest.mark.slow
def test_thirty_thousand_addresses_take_no_time(budget):
    octets = b"To: " + b", ".join(b"u%d@example.org" % n for n in range(30_000)) + b"\r\n\r\n"

    mail = mail_facts(memoryview(octets), budget)

    assert len(mail.header.to) == 1000
    assert "address_list_cut" in mail.header_anomalies
    budget.check_clock()


@pytest.mark.parametrize("letter", [b"a", "\N{SMILING FACE WITH OPEN MOUTH}".encode()])
@pytest.mark.parametrize("octets", [255, 256, 257, 1024, 1025, 2000])
def test_an_address_is_told_up_to_its_limit_in_octets(letter, octets):
    local = letter * ((octets - len(b"@example.org")) // len(letter))
    mail = facts_of(b"From: <" + local + b"@example.org>\r\n\r\n")

    (told,) = mail.header.from_
    whole = local + b"@example.org"
    assert told.address.encode() == whole[:1024][: len(told.address.encode())]
    assert len(told.address.encode()) > min(len(whole), 1024) - len(letter)
    assert ("address_list_cut" in mail.header_anomalies) == (len(whole) > 1024)
