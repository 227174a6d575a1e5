"""Messages with two octets a letter."""

import codecs

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.formats.wide import Wide
from pratique.scanners.part import Part

MAIL = "To: a\nSubject: ü\n\nhello\n"
LITTLE = codecs.BOM_UTF16_LE + MAIL.encode("utf-16-le")
BIG = codecs.BOM_UTF16_BE + MAIL.encode("utf-16-be")


@pytest.mark.parametrize("octets", [LITTLE, BIG])
def test_the_message_is_given_with_one_octet_a_letter(octets, open_with):
    opened = open_with(Wide(), octets)

    assert opened.octets == [MAIL.encode()]
    assert opened.members[0].declared_type == "message/rfc822"


@pytest.mark.parametrize(
    ("octets", "parent", "recognized"),
    [
        (LITTLE, 0, "whole"),
        (LITTLE, -1, ""),
        (MAIL.encode(), 0, ""),
        (codecs.BOM_UTF16_LE + "hello".encode("utf-16-le"), 0, ""),
    ],
)
def test_it_is_told_by_its_mark_and_its_header(octets, parent, recognized):
    assert Wide().recognize(Part(facts.Part(parent=parent), memoryview(octets))) == recognized
