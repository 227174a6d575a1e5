"""A leaf is a member with its octets, its names, its charset, and what is odd about it."""

import base64

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.mime.leaves import FURTHER


def test_the_charset_of_a_text_goes_with_it(read):
    assert read(b'Content-Type: text/html; charset="UTF-16"\n\nx').at("1").charset == "UTF-16"
    assert read(b"Content-Type: text/html\n\nx").at("1").charset == ""


def test_a_multipart_that_is_encoded_is_given_as_a_message_to_be_read_anew(read, write):
    encoded = base64.encodebytes(write.parts(write.text, write.file))

    seen = read(write.top + write.multipart(more=write.base64) + encoded)

    (again,) = [each for each in seen.members if each.declared_type == "message/rfc822"]
    assert again.view == "further"
    assert write.hidden_in(read(bytes(again.octets)))


def test_further_views_stop_at_some_times_the_message_and_say_so(read, write):
    fields = b"".join(b"Content-Type: a/%d\r\n\r\n" % each for each in range(40))
    file = b"x" * 300_000

    seen = read(write.mixed(fields + file))

    further = sum(len(each.octets) for each in seen.members if each.view == "further")
    assert further <= (FURTHER + 1) * len(file)
    assert [each.class_ for each in seen.reached] == ["parts"]


def test_a_returned_file_that_was_cut_off_is_not_odd(read, write):
    known = facts.Part(kind="message", returned=True, views=["standard"])
    message = write.mixed(write.typed + write.base64 + b"\r\n" + write.lines[:-30], last=False)

    assert read(message, known=known).odd == []
    assert read(message).odd == ["bad_base64"]


@pytest.mark.parametrize(("size", "cut"), [(2048, 0), (2049, 1)])
def test_a_boundary_that_no_server_keeps_hides_something(size, cut, read, write):
    boundary = b"e" * size

    seen = read(write.top + write.multipart(boundary) + write.parts(write.file, boundary=boundary))

    assert [each.class_ for each in seen.reached] == ["parts"] * cut
    assert "invalid_boundary" in seen.odd
    assert write.hidden_in(seen)
