"""What reads alike is one: invisible characters, blanks, letters, and marks in front."""

import pytest

from pratique.scanners.bounces.fold import LINE, beginnings, fold
from pratique.scanners.bounces.words import is_of_bounce


@pytest.mark.parametrize(
    "text",
    [
        "Returned mail",
        "Returned\u00a0mail",
        "Returned \t\u2003 mail",
        "\u200bReturned mail",
        "\ufeffReturned mail\u200e",
        "Ret\u00adurned m\u2060ail",
        "Ret\u034furned m\ufe0fail\U000e0100",
        "\u3164Returned mail",
        "\u115f\u1160\uffa0Returned mail",
        "\uff32eturned \uff4dail",
        "Ret\0urned mail",
        "  RETURNED MAIL  ",
    ],
)
def test_what_is_not_seen_makes_no_difference(text):
    assert fold(text) == "returned mail"


@pytest.mark.parametrize("text", ["", " ", "\u200b", "\ufeff \u3164"])
def test_of_nothing_to_see_nothing_is_left(text):
    assert fold(text) == ""


@pytest.mark.parametrize(
    "before",
    [
        "",
        "! ",
        "*** ",
        '"',
        "\u21a9 ",
        "\u26a0\ufe0f ",
        "[Extern] ",
        "[A] [B] ",
        "(a) - ",
        "[",
        "_",
    ],
)
def test_marks_and_tags_in_front_hide_nothing(before):
    assert "returned mail" in beginnings(before + "Returned mail")


@pytest.mark.parametrize("before", ["Re: ", "Fwd: ", "[a] Re: ", "Tip: [b] "])
def test_a_word_in_front_is_no_mark(before):
    assert "returned mail" not in beginnings(before + "Returned mail")


@pytest.mark.parametrize(
    "text",
    ["Und\u0435liv\u0435r\u0435d mail", "UNDEL\u0130VERED MA\u0130L", "Undel\u0456vered mail"],
)
def test_letters_of_another_alphabet_that_look_the_same_are_read_as_such(text):
    assert is_of_bounce(text)


def test_words_of_other_alphabets_are_still_read_as_they_are():
    assert is_of_bounce("\u200bНедоставленное: протокол")


@pytest.mark.parametrize(("before", "heard"), [(LINE - 5, "mail"), (LINE - 4, "mai")])
def test_a_text_is_read_as_far_as_a_line_goes(before, heard):
    assert fold("x" * before + " mail").partition(" ")[2] == heard


@pytest.mark.parametrize(("before", "heard"), [(3 * LINE, True), (4 * LINE, False)])
def test_what_is_not_seen_uses_up_no_line(before, heard):
    assert (fold("\u200b" * before + "mail") == "mail") is heard
