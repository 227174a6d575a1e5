"""A thread that sleeps until the loop has an answer, or no longer than it may."""

import threading

import pytest

from pratique.milter.content import content_of
from pratique.milter.doors.libmilter.answer import Answer
from pratique.milter.doors.milter.ending import Ending
from pratique.milter.next_hop import Reply

OK = Ending(Reply(250, ("2.0.0 Ok",)))


def test_an_answer_that_is_there_is_given_at_once():
    answer = Answer()
    answer.give(OK)
    assert answer.wait(0.0) is OK


def test_who_waits_is_woken():
    answer, heard = Answer(), []
    waiting = threading.Thread(target=lambda: heard.append(answer.wait(10.0)))
    waiting.start()
    answer.give(OK)
    waiting.join(10.0)
    assert heard == [OK]


def test_who_waits_too_long_hears_so():
    with pytest.raises(TimeoutError):
        Answer().wait(0.0)


def test_a_failure_is_not_taken_for_being_late():
    answer = Answer()
    answer.fail(TimeoutError("of who decides"))
    with pytest.raises(RuntimeError) as raised:
        answer.wait(0.0)
    assert str(raised.value.__cause__) == "of who decides"


def test_a_body_that_nobody_waits_for_is_closed():
    answer, body = Answer(), content_of([b"x"])
    with pytest.raises(TimeoutError):
        answer.wait(0.0)
    answer.give(Ending(OK.reply, body=body))
    assert body.descriptor < 0


def test_a_body_that_somebody_waits_for_is_not():
    answer, body = Answer(), content_of([b"x"])
    answer.give(Ending(OK.reply, body=body))
    assert answer.wait(0.0).body.peek(0, 1) == b"x"
    body.close()
