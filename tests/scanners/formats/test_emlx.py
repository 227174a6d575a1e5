"""What Apple Mail keeps of a message."""

import pytest

from pratique.scanners.formats.emlx import Emlx

MAIL = b"Subject: a\nTo: b@c.example\n\nhello\n"
LIST = b'<?xml version="1.0"?>\n<plist></plist>\n'


def test_the_message_and_the_list_are_given(open_with):
    opened = open_with(Emlx(), b"%-10d\n" % len(MAIL) + MAIL + LIST)

    assert opened.octets == [MAIL, LIST]
    assert opened.members[0].declared_type == "message/rfc822"


@pytest.mark.parametrize("length", [3, 12])
def test_a_length_that_is_a_lie_hides_nothing(length, open_with):
    opened = open_with(Emlx(), b"%d\n" % length + MAIL + LIST)

    assert opened.octets == [MAIL[:length], MAIL + LIST]
    assert [member.view for member in opened.members] == ["standard", "further"]
