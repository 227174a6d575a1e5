"""Recipients as they were said and as they are sent to; the replies at the end of data."""

import pytest

from pratique.milter.doors.smtp.recipients import Recipients
from pratique.milter.mail import Forward
from pratique.milter.next_hop import Reply

PLAIN, TAGGED, OTHER = Forward("a@b"), Forward("a@b", tagged="t=a@b"), Forward("c@d")
OLDER = Forward("a@b", tagged="s=a@b")
FIRST, SECOND = Reply(250, ("2.1.5 first",)), Reply(250, ("2.1.5 second",))
YES, NO = Reply(250, ("2.0.0 yes",)), Reply(550, ("5.2.2 full",))


def taken(*forwards):
    recipients = Recipients()
    for forward in forwards:
        if recipients.take_again(forward) is None:
            recipients.take(forward, FIRST)
    return recipients


@pytest.mark.parametrize(
    ("said", "sent_to"),
    [
        ((PLAIN, OTHER), (PLAIN, OTHER)),
        ((PLAIN, TAGGED), (PLAIN,)),
        ((TAGGED, PLAIN, OTHER), (TAGGED, OTHER)),
        ((TAGGED, OLDER), (TAGGED,)),
        # As it ever was: what a client says twice the next hop hears twice.
        ((PLAIN, PLAIN), (PLAIN, PLAIN)),
        ((PLAIN, PLAIN, TAGGED), (PLAIN, PLAIN)),
    ],
)
def test_another_form_is_the_same_recipient(said, sent_to):
    assert tuple(taken(*said).taken) == sent_to


def test_of_another_form_the_client_hears_the_same():
    recipients = taken(PLAIN)
    recipients.take(OTHER, SECOND)
    assert recipients.take_again(TAGGED) == FIRST
    assert recipients.take_again(Forward("c@d", tagged="t=c@d")) == SECOND
    assert recipients.take_again(Forward("e@f", tagged="t=e@f")) is None


def test_each_command_has_its_reply_at_the_end_of_data():
    recipients = taken(PLAIN, OTHER, TAGGED, Forward("e@f"))
    mixed = Reply(451, ("x",), each=(YES, NO, YES))
    assert recipients.each(mixed) == (YES, NO, YES, YES)
    assert recipients.each(NO) == (NO,) * 4


def test_replies_that_are_not_one_each_are_not_guessed_at():
    assert taken(PLAIN, TAGGED).each(Reply(250, ("x",), each=(YES, NO))) != (YES, NO)
