"""What is said of a thing, and the case that it is said of."""

from datetime import UTC

from pratique.milter.doctor.line import ok, unseen, warning, wrong


def test_each_state_has_its_word_and_what_is_not_ok_says_what_to_do():
    lines = [ok("a"), warning("a", "b"), wrong("a", "b"), unseen("a", "b")]
    assert [one.state for one in lines] == ["ok", "warning", "wrong", "not looked at"]
    assert [one.do for one in lines] == ["", "b", "b", "b"]


def test_the_largest_message_is_the_largest_that_is_taken_anywhere(case):
    assert case().largest == 50 * 1024**2
    milter = '[[milter]]\nreply = "sender"\nmax_size = "70MB"\n'
    assert case(milter).largest == 70 * 1024**2
    assert (
        case(milter + '[[listener]]\nreply = "sender"\nmax_size = "90MB"').largest == 90 * 1024**2
    )


def test_the_clock_is_in_utc(case):
    assert case().now().tzinfo is UTC
