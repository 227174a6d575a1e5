"""A field that only we can make, known again however it came back."""

import re
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pratique.milter.sent import names
from pratique.milter.sent.keys import Key, Keys
from pratique.milter.sent.watermark import FIELD, MOST, _joined, mark, verify

TODAY = 20779
ID, PATH = "<a.1@example.org>", "ann@example.org"


def some_keys() -> Keys:
    """For tests of hypothesis, which take no fixtures."""
    return Keys((Key(2, date(2026, 5, 1), bytes(range(2, 34))),))


words = st.text(min_size=1, max_size=40).filter(lambda text: text.strip(" <>\r\n\t\x0b\x0c") != "")


@pytest.fixture
def stamped(keys):
    return mark(keys, TODAY, ID, PATH)


def test_it_is_short_plain_and_fits_into_a_line(stamped):
    assert re.fullmatch(r"2-20779-[a-z2-7]{26}", stamped)
    assert len(f"{FIELD}: {stamped}") < 78


def test_it_is_known_again(keys, stamped):
    verdict = verify(keys, stamped, ID, PATH, TODAY)
    assert (verdict.state, verdict.is_valid, verdict.day) == ("valid", True, TODAY)
    assert verdict.proof == stamped


@pytest.mark.slow
@given(message_id=words, reverse_path=st.text(max_size=40), day=st.integers(1, 99_000))
def test_whatever_is_stamped_is_known_again(message_id, reverse_path, day):
    keys = some_keys()
    text = mark(keys, day, message_id, reverse_path)
    assume(text)
    assert verify(keys, text, message_id, reverse_path, day + 7).is_valid
    # What follows `<...>` is a comment, and names the same message.
    other = "x" + names.message_id(message_id)
    assert not verify(keys, text, other, reverse_path, day).is_valid
    assert not verify(keys, text, message_id, "x" + reverse_path, day).is_valid


@pytest.mark.slow
@given(st.data())
def test_one_letter_changed_is_no_proof(data):
    keys = some_keys()
    text = mark(keys, TODAY, ID, PATH)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(min_codepoint=33, max_codepoint=126))
    assume(other.lower() != text[at])
    changed = text[:at] + other + text[at + 1 :]
    assert not verify(keys, changed, ID, PATH, TODAY).is_valid


@pytest.mark.slow
@given(st.text(max_size=MOST + 20))
def test_what_a_stranger_writes_proves_nothing_and_raises_nothing(text):
    verdict = verify(some_keys(), text, ID, PATH, TODAY)
    assert not verdict.is_valid
    assert verdict.proof == ""


@pytest.mark.parametrize(
    "change",
    [
        str.upper,
        lambda text: f" {text}\r\n",
        lambda text: text.replace("-", "-\r\n\t"),
        " ".join,
        lambda text: text[:20] + "\r\n " + text[20:],
    ],
)
def test_folded_indented_and_in_capitals_it_is_the_same(keys, stamped, change):
    verdict = verify(keys, change(stamped), ID, PATH, TODAY)
    assert verdict.is_valid
    # Counted as one, in whatever form it comes.
    assert verdict.proof == stamped


@pytest.mark.parametrize(
    ("message_id", "reverse_path"),
    [("a.1@example.org", PATH), (" <a.1@\r\n example.org> ", PATH), (ID, "<Ann@EXAMPLE.org>")],
)
def test_the_message_and_its_reverse_path_may_come_in_another_form(
    keys, stamped, message_id, reverse_path
):
    assert verify(keys, stamped, message_id, reverse_path, TODAY).is_valid


@pytest.mark.parametrize(
    ("message_id", "reverse_path", "state"),
    [
        ("<b.1@example.org>", PATH, "bad"),
        # Another user of ours: whoever has one mail of ours cannot use it on all.
        (ID, "eve@example.org", "bad"),
        (ID, "", "bad"),
        ("", PATH, "none"),
    ],
)
def test_it_is_bound_to_its_message_and_its_reverse_path(
    keys, stamped, message_id, reverse_path, state
):
    assert verify(keys, stamped, message_id, reverse_path, TODAY).state == state


@pytest.mark.parametrize(
    ("age", "state"),
    [(-2, "expired"), (-1, "valid"), (0, "valid"), (7, "valid"), (8, "expired"), (900, "expired")],
)
def test_it_holds_for_a_week(keys, stamped, age, state):
    verdict = verify(keys, stamped, ID, PATH, TODAY + age)
    assert verdict.state == state
    # Ours in any case, so its uses can be counted.
    assert verdict.proof == stamped


def test_what_another_key_made_is_told_as_that(make_keys, stamped):
    verdict = verify(make_keys(3, 1), stamped, ID, PATH, TODAY)
    assert (verdict.state, verdict.proof) == ("unknown_key", "")


def test_the_number_is_part_of_what_is_signed(keys, stamped):
    assert verify(keys, "1" + stamped[1:], ID, PATH, TODAY).state == "bad"


def test_after_a_key_change_the_old_one_still_verifies(make_keys, stamped):
    changed = make_keys(3, 2)
    assert verify(changed, stamped, ID, PATH, TODAY).is_valid
    assert mark(changed, TODAY, ID, PATH).startswith("3-")


def test_a_day_with_a_zero_in_front_is_no_second_form_of_it(keys, stamped):
    assert verify(keys, stamped.replace("-2", "-02", 1), ID, PATH, TODAY).state == "none"


def test_a_message_without_an_id_is_not_stamped(keys):
    assert mark(keys, TODAY, "", PATH) == ""
    assert mark(keys, TODAY, "< >", PATH) == ""


def test_mail_with_the_null_reverse_path_is_stamped_too(keys):
    assert verify(keys, mark(keys, TODAY, ID, ""), ID, "<>", TODAY).is_valid


def test_what_is_too_long_is_not_looked_at(keys, stamped):
    spaces = " " * (MOST - len(stamped))
    assert verify(keys, stamped + spaces, ID, PATH, TODAY).is_valid
    assert verify(keys, stamped + spaces + " ", ID, PATH, TODAY).state == "none"


def test_a_letter_that_only_looks_like_one_is_none(keys, stamped):
    # The Kelvin sign is a k in lower case.
    assert verify(keys, "\u212a" + stamped[1:], ID, PATH, TODAY).state == "none"


@pytest.mark.slow
@given(st.lists(st.text(max_size=9), max_size=4), st.lists(st.text(max_size=9), max_size=4))
def test_different_texts_never_give_the_same_octets(first, second):
    assert (_joined(first) == _joined(second)) == (first == second)
