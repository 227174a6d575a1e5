"""Parts are taken out, and every other octet stays where it was."""

from binascii import b2a_base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pratique.scanners import wall_pb2 as wall

HEAD = b"From: a@b.example\r\nSubject: hi\r\nMIME-Version: 1.0\r\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
TEXT = b"--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
FILE = b'--b\r\nContent-Type: application/octet-stream; name="a.exe"\r\n\r\nMZ\r\n'
END = b"--b--\r\n"
NOTE = b"Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\ngone"


def test_a_note_stands_in_the_place_of_the_part(rewriting):
    edits = rewriting(MIXED + b"preamble\r\n" + TEXT + FILE + END + b"epilogue\r\n")
    expected = MIXED + b"preamble\r\n" + TEXT + b"--b\r\n" + NOTE + b"\r\n" + END + b"epilogue\r\n"
    assert edits.strip((2,)) == expected


def test_several_parts_go_in_one_step(rewriting):
    edits = rewriting(MIXED + FILE + TEXT + FILE + END)
    gone = b"--b\r\n" + NOTE + b"\r\n"
    assert edits.strip((1,), (3,)) == MIXED + gone + TEXT + gone + END


def test_a_part_of_a_message_in_the_message_goes_and_that_message_stays(rewriting):
    inner = b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n"
    inner += b"Content-Type: multipart/mixed; boundary=c\r\n\r\n"
    file = b"--c\r\nContent-Type: application/x-msdownload\r\n\r\nMZ\r\n"
    whole = MIXED + TEXT + b"--b\r\n" + inner + file + b"--c--\r\n" + END
    stripped = rewriting(whole).strip((2, 1))
    assert stripped == whole.replace(file, b"--c\r\n" + NOTE + b"\r\n")


def test_a_message_in_the_message_that_is_nothing_but_the_part_keeps_its_other_fields(rewriting):
    inner = b"Subject: inner\r\nContent-Type: application/x-msdownload\r\nDate: now\r\n\r\nMZ"
    whole = MIXED + b"--b\r\nContent-Type: message/rfc822\r\n\r\n" + inner + b"\r\n" + END
    left = b"Subject: inner\r\nDate: now\r\nMIME-Version: 1.0\r\n" + NOTE
    assert rewriting(whole).strip((1, 1)) == whole.replace(inner, left)


def test_a_message_that_is_nothing_but_the_part_keeps_its_other_fields(rewriting):
    whole = (
        b"Content-Type: application/x-msdownload;\r\n name=a.exe\r\nFrom: a@b.example\r\n"
        b"Content-Transfer-Encoding: 7bit\r\nSubject: hi\r\n\r\nMZ\r\n"
    )
    left = b"From: a@b.example\r\nSubject: hi\r\nMIME-Version: 1.0\r\n" + NOTE + b"\r\n"
    assert rewriting(whole).strip((1,)) == left


def test_a_message_that_ends_with_its_header_gets_an_empty_line_and_the_note(rewriting):
    whole = HEAD + b"Content-Type: text/html\r\n"
    assert rewriting(whole).strip((1,)) == HEAD + NOTE + b"\r\n"


def test_line_ends_are_those_of_the_message(rewriting):
    whole = (MIXED + TEXT + FILE + END).replace(b"\r\n", b"\n")
    assert b"\r" not in rewriting(whole).strip((2,))


def test_an_attached_message_goes_whole(rewriting):
    inner = b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nhello\r\n"
    assert b"Subject: x" not in rewriting(MIXED + TEXT + inner + END).strip((2,))


SIGNED = MIXED.replace(b"mixed", b"signed") + TEXT + FILE + END
NESTED = MIXED + b"--b\r\nContent-Type: multipart/signed; boundary=c\r\n\r\n"
NESTED += (TEXT + FILE + END).replace(b"--b", b"--c") + END


@pytest.mark.parametrize(
    ("whole", "way"),
    [(SIGNED, (2,)), (NESTED, (1, 2)), (SIGNED.replace(b"signed", b"encrypted"), (2,))],
)
def test_what_is_signed_or_encrypted_is_not_touched(rewriting, whole, way):
    edits = rewriting(whole)
    assert edits.strip(way) == b""
    assert "it is part of what is" in edits.refused


def test_beside_what_is_signed_a_part_may_go(rewriting):
    whole = NESTED.removesuffix(END) + FILE + END
    assert rewriting(whole).strip((2,)) == NESTED.removesuffix(END) + b"--b\r\n" + NOTE + (
        b"\r\n" + END
    )


@pytest.mark.parametrize("way", [(3,), (2, 1), (1, 1, 1), (0,)])
def test_what_is_not_there_is_refused(rewriting, way):
    edits = rewriting(MIXED + TEXT + FILE + END)
    assert edits.strip(way) == b""
    assert "not found" in edits.refused


def test_in_a_message_that_is_encoded_nothing_is_taken_out(rewriting):
    inner = b"--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    edits = rewriting(MIXED + TEXT + inner + b2a_base64(MIXED + FILE + END) + END)
    # Its octets stand nowhere, so there are none to cut.
    assert edits.strip((2, 1)) == b""
    assert "not found at 2.1" in edits.refused
    assert edits.strip((2,))


def test_a_part_without_a_place_is_refused(rewriting):
    edits = rewriting(MIXED + TEXT + FILE + END)
    assert (edits.strip(()), edits.refused) == (b"", "a part without a place")


def test_other_octets_than_those_that_were_seen_are_refused(rewriting, digest):
    edits = rewriting(MIXED + TEXT + FILE + END)
    seen = wall.TakenOut(numbers=[2], note="gone", sha256=digest(b"MZ"))
    assert edits.rewrite(wall.Rewrite(strip=[seen]))
    other = wall.TakenOut(numbers=[2], note="gone", sha256=digest(b"hello"))
    assert edits.rewrite(wall.Rewrite(strip=[other])) == b""
    assert "other octets" in edits.refused


@pytest.mark.parametrize(("depth", "refused"), [(3, ""), (2, "more than 2 levels of MIME")])
def test_messages_in_messages_are_followed_to_the_limit(rewriting, depth, refused):
    whole = HEAD + b"Content-Type: message/rfc822\r\n\r\n"
    whole += whole + whole + b"Content-Type: text/html\r\n\r\n<p>"
    edits = rewriting(whole, mime_depth=depth)
    edits.strip((1, 1, 1, 1))
    assert edits.refused == refused


def test_more_parts_than_the_budget_are_refused(rewriting):
    whole = MIXED + TEXT * 9 + END
    assert rewriting(whole, parts=10).strip((2,))
    edits = rewriting(whole, parts=9)
    assert edits.strip((2,)) == b""
    assert edits.refused == "more than 9 parts"


def test_no_line_of_a_note_is_taken_for_a_delimiter(rewriting, leaves_of):
    stripped = rewriting(MIXED + TEXT + FILE + END).strip((2,), note="a\n--b\n --b--\n\x00\x1b[2J")
    assert [way for way, _, _ in leaves_of(stripped)] == [(1,), (2,)]
    assert leaves_of(stripped)[1][2].decode() == "a\r\n. --b\r\n.  --b--\r\n\ufffd\ufffd[2J"


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_everything_but_what_is_taken_out_stays(data, messages, rewriting, leaves_of):
    whole = data.draw(messages)
    before = leaves_of(whole)
    taken = data.draw(st.sets(st.sampled_from([way for way, _, _ in before]), min_size=1))
    new = rewriting(whole).strip(*sorted(taken))
    after = leaves_of(new)
    assert [way for way, _, _ in after] == [way for way, _, _ in before]
    for (way, _, old), (_, type_, now) in zip(before, after, strict=True):
        assert (
            (type_, now.rstrip(b"\r\n")) == ("text/plain", b"gone") if way in taken else now == old
        )
    # Twice is once: the note stands where it stood.
    assert rewriting(new).strip(*sorted(taken)) == new


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_the_octets_around_one_part_are_the_same_octets(data, messages, rewriting, leaves_of):
    whole = data.draw(messages)
    ways = [way for way, _, _ in leaves_of(whole) if way != (1,) or whole.count(b"--b")]
    way = data.draw(st.sampled_from(ways)) if ways else None
    if way is None:
        return
    new = rewriting(whole).strip(way)
    note = new.index(b"gone")
    before = new.index(b"Content-Type: text/plain; charset=us-ascii")
    assert whole.endswith(new[note + 4 :].removeprefix(b"\r\n"))
    if not new[:before].endswith(b"MIME-Version: 1.0\r\n"):
        assert whole.startswith(new[:before])
