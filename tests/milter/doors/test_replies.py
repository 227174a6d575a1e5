"""What the door says, and how it is softened for a queue."""

import pytest

from pratique.milter.doors import replies
from pratique.milter.doors.replies import softened, to_mend
from pratique.milter.doors.smtp import command
from pratique.milter.next_hop import Reply

SAID = [reply for reply in vars(replies).values() if isinstance(reply, Reply)]
REFUSED = [reply for reply in SAID if reply.code >= 500]


@pytest.mark.parametrize("reply", [*SAID, command.NOT_ASCII], ids=str)
def test_each_reply_has_an_enhanced_status_code_of_its_class(reply):
    assert reply == replies.READY_FOR_CONTENT or reply.lines[0].startswith(f"{reply.code // 100}.")


@pytest.mark.parametrize("reply", [*REFUSED, command.NOT_ASCII], ids=str)
def test_what_is_softened_keeps_its_words(reply):
    soft = softened(reply)
    assert soft.code in {451, 452}
    assert soft.lines == (f"4{reply.lines[0][1:]}",)
    assert softened(soft) == soft


@pytest.mark.parametrize("reply", [reply for reply in SAID if reply.code < 500], ids=str)
def test_what_is_no_refusal_stays_as_it_is(reply):
    assert softened(reply) == reply
    assert to_mend(reply) == ""


def test_every_line_is_softened():
    long = Reply(552, ("5.3.4 too large", "5.3.4 far too large"))
    assert softened(long) == Reply(452, ("4.3.4 too large", "4.3.4 far too large"))


@pytest.mark.parametrize("reply", REFUSED, ids=str)
def test_an_admin_is_told_what_to_mend_unless_it_only_follows_from_a_deferral(reply):
    assert bool(to_mend(reply)) == (reply not in {replies.MAIL_FIRST, replies.RCPT_FIRST})
