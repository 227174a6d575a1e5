"""Candidates come in order, once each, and end at every limit."""

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import keys as subject
from pratique.scanners.keys import Keys
from pratique.scanners.part import Part

ZIP, SEVEN, OFFICE = 0.0005, 0.06, 0.16


def part(text, *, kind="text", inside=("message",), charset="", name=""):
    octets = text.encode() if isinstance(text, str) else text
    return Part(facts.Part(kind=kind, inside=inside, name=name), memoryview(octets), charset)


def keys_of(*texts, configured=(), clock=lambda: 0.0):
    keys = Keys(configured, clock)
    for text in texts:
        keys.look(part(text))
    return keys


class Clock:
    """Says the time that it was moved to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_words_come_from_text_subject_and_names_the_likeliest_first():
    keys = keys_of("The password is blue77.")
    keys.mail("Invoice 12")
    keys.name("scan_99.zip")

    found = list(keys.words(ZIP))

    assert found[0] == "blue77"
    assert found.index("blue77") < found.index("Invoice") < found.index("scan_99")
    assert found.index("scan_99") < found.index("infected")
    assert keys.limit == ""


def test_without_a_message_there_are_the_usual_words_only():
    assert "infected" in list(Keys().words(ZIP))
    assert Keys().limit == ""


def test_each_word_comes_once_a_call_and_each_call_begins_anew():
    keys = keys_of("Password: abc1", "password: abc1 abc1", "<b>abc1</b>")

    first, second = list(keys.words(ZIP)), list(keys.words(ZIP))

    assert first == second
    assert first.count("abc1") == 1


def test_what_opened_something_comes_first_for_the_next_the_last_before_all():
    keys = keys_of("Password: one1\nPassword: two2")
    keys.opened("two2")
    assert next(keys.words(OFFICE)) == "two2"
    keys.opened("three3")
    keys.opened("two2")
    keys.opened("three3")

    assert list(keys.words(OFFICE))[:3] == ["three3", "two2", "one1"]


def test_so_many_opened_words_are_remembered_and_no_more():
    keys = Keys()
    for number in range(subject.OPENED + 1):
        keys.opened(f"word{number}")

    found = list(keys.words(ZIP))

    assert f"word{1}" in found
    assert f"word{0}" not in found


def test_the_admins_words_come_before_the_messages_but_leave_them_their_tries():
    keys = keys_of("Password: blue77", configured=["", *(f"ours{number}" for number in range(50))])

    found = list(keys.words(OFFICE))

    assert found[0] == "ours0"
    assert "blue77" in found
    assert keys.limit
    assert "ours49" in list(keys.words(ZIP))


@pytest.mark.parametrize(
    ("cost", "tries"), [(ZIP, subject.TRIES), (SEVEN, 33), (OFFICE, 12), (9, 1)]
)
def test_tries_end_where_their_cost_says_and_the_limit_says_so(cost, tries):
    many = [f"word{number}" for number in range(300)]

    at_limit = Keys(many[:tries], lambda: 0.0)
    past_it = Keys(many[: tries + 1], lambda: 0.0)

    assert list(at_limit.words(cost)) == many[:tries]
    assert at_limit.limit == ""
    assert len(list(past_it.words(cost))) == tries
    assert past_it.limit == f"more words to try than {tries}"


@pytest.mark.parametrize("cost", [0.0, -1.0])
def test_a_cost_that_is_none_is_no_error(cost):
    assert len(list(Keys([f"w{number}" for number in range(500)]).words(cost))) == subject.TRIES


def test_tries_on_one_part_end_after_so_many_seconds():
    clock = Clock()
    keys = keys_of(configured=[f"w{number}" for number in range(50)], clock=clock)

    tried = 0
    for _ in keys.words(ZIP):
        tried += 1
        clock.now += 0.5

    assert tried == subject.SECONDS / 0.5
    assert "2 seconds" in keys.limit


def test_tries_on_all_parts_end_after_so_many_seconds_in_all():
    clock = Clock()
    keys = keys_of(configured=[f"w{number}" for number in range(50)], clock=clock)

    def tries():
        for _ in keys.words(SEVEN):
            clock.now += 0.5
            yield 0.5

    assert sum(tries()) == subject.SECONDS
    assert sum(tries()) == subject.SECONDS
    assert sum(tries()) == subject.SECONDS_IN_ALL - 2 * subject.SECONDS
    assert list(tries()) == []
    assert "5 seconds" in keys.limit


def test_the_try_that_opened_a_part_is_counted_too():
    clock = Clock()
    keys = keys_of(configured=["one", "two"], clock=clock)
    for _ in range(int(subject.SECONDS_IN_ALL)):
        for word in keys.words(SEVEN):
            assert word == "one"
            clock.now += 1
            break

    assert list(keys.words(SEVEN)) == []


def test_dear_tries_leave_some_time_to_cheap_ones():
    clock = Clock()
    keys = keys_of(configured=[f"w{number}" for number in range(50)], clock=clock)

    def tries(cost):
        for _ in keys.words(cost):
            clock.now += 0.5
            yield 0.5

    assert sum(sum(tries(OFFICE)) for _ in range(9)) == subject.SECONDS_IN_ALL
    assert sum(tries(subject.CHEAP)) == subject.SECONDS_FOR_CHEAP
    assert list(tries(subject.CHEAP)) == []
    assert "5 seconds" in keys.limit


def test_a_text_full_of_words_leaves_the_other_texts_their_tries():
    noise = "".join(f"Password: x{number}y\r\n" for number in range(300))
    keys = keys_of(noise, "Password: blue77")
    keys.mail("the password is red88")

    found = list(keys.words(ZIP))

    assert {"blue77", "red88"} <= set(found[:10])
    assert keys.limit != ""


@pytest.mark.parametrize(
    "header",
    [
        b"From: ann@example.org\r\nSubject: the password is blue77\r\n\r\nhello",
        b"subject :\tpassword\n blue77\n\nhello",
        b"Subject: =?utf-8?B?0L/QsNGA0L7Qu9GMIGJsdWU3Nw==?=\r\n\r\nhello",
    ],
    ids=["plain", "folded", "encoded"],
)
def test_the_subject_of_an_attached_mail_is_read(header):
    keys = Keys()
    keys.look(part(header, kind="message"))

    assert "blue77" in list(keys.words(ZIP))[:3]


def test_of_so_many_attached_mails_the_subjects_are_read_and_no_more():
    keys = Keys()
    for number in range(subject.MAILS + 1):
        keys.look(part(f"Subject: word{number}x", kind="message"))

    found = list(keys.words(ZIP))

    assert f"word{subject.MAILS - 1}x" in found
    assert f"word{subject.MAILS}x" not in found


@pytest.mark.parametrize(("name", "found"), [("passwort.txt", True), ("fox.txt", False)])
def test_a_file_that_is_called_a_password_may_hold_the_word_alone(name, found):
    keys = Keys()
    keys.look(part("mellon", name=name))

    assert ("mellon" in list(keys.words(ZIP))) is found


def test_so_many_comments_are_read_and_no_more():
    keys = Keys()
    for number in range(subject.NOTES + 1):
        keys.note(memoryview(f"password: note{number}".encode()))

    found = list(keys.words(ZIP))

    assert f"note{subject.NOTES - 1}" in found
    assert f"note{subject.NOTES}" not in found


@pytest.mark.parametrize(
    "hides",
    [
        "<style>" + ".a { color: red }\n" * 9000 + "</style>",
        "<SCRIPT>" + "var a = 1;\n" * 9000 + "</SCRIPT>",
        "<!--" + "nobody sees it\n" * 9000 + "-->",
        "<img src='data:image/png;base64," + "iVBORw0KGgo=" * 9000 + "'>",
    ],
    ids=["style", "script", "comment", "picture"],
)
def test_what_a_page_does_not_show_takes_no_room_from_its_words(hides):
    keys = Keys()
    begins = f"{hides}<p>{'quoted words ' * 2000}</p><p>Password: blue77</p>"
    keys.look(part(f"{begins}<p>{'quoted words ' * 1000}</p>", kind="html"))

    assert next(keys.words(ZIP)) == "blue77"


@pytest.mark.parametrize("kind", ["image", "archive", "document", "script", "other", ""])
def test_what_is_no_text_is_not_read(kind):
    keys = Keys()
    keys.look(part("Password: blue77", kind=kind))

    assert "blue77" not in list(keys.words(ZIP))


def test_a_page_is_read_as_the_text_that_it_shows():
    keys = Keys()
    keys.look(part("<p>Pass<i></i>word:</p><p><b>blue77</b></p>", kind="html"))

    assert next(keys.words(OFFICE)) == "blue77"


def test_a_text_is_read_in_its_charset():
    keys = Keys()
    keys.look(part("パスワードは「あお77」です".encode("shift_jis"), charset="shift_jis"))

    assert next(keys.words(OFFICE)) == "あお77"


def test_a_short_note_in_an_archive_is_read_and_a_long_text_in_one_is_not():
    note, long = "Password: blue77".ljust(subject.NOTE), "Password: red88".ljust(subject.NOTE + 1)
    keys = Keys()
    keys.look(part(note, inside=("message", "zip")))
    keys.look(part(long, inside=("message", "zip")))

    found = list(keys.words(ZIP))

    assert "blue77" in found
    assert "red88" not in found


def test_so_many_notes_are_read_and_no_more():
    keys = Keys()
    for number in range(subject.NOTES + 1):
        keys.look(part(f"password: note{number}", inside=("message", "zip")))

    found = list(keys.words(ZIP))

    assert f"note{subject.NOTES - 1}" in found
    assert f"note{subject.NOTES}" not in found


def test_so_many_texts_are_read_and_no_more():
    keys = keys_of(*(f"password: text{number}x" for number in range(subject.TEXTS + 1)))

    found = list(keys.words(ZIP))

    assert f"text{subject.TEXTS - 1}x" in found
    assert f"text{subject.TEXTS}x" not in found


def test_a_text_is_read_at_its_beginning_and_at_its_end():
    filler = "lorem ipsum " * 10_000
    keys = keys_of(f"password: early1\n{filler}\npassword: middle1\n{filler}\npassword: late1")

    found = list(keys.words(ZIP))

    assert "early1" in found
    assert "late1" in found
    assert "middle1" not in found


def test_so_many_names_are_kept_and_no_more():
    keys = Keys()
    for number in range(subject.NAMES + 1):
        keys.name(f"file{number:03}x.zip")

    found = "\n".join(keys.words(ZIP))

    assert f"file{0:03}x" in found
    assert len(keys._names) == subject.NAMES


def test_texts_that_come_after_the_first_tries_are_read_too():
    keys = keys_of("Password: one1")
    assert "two2" not in list(keys.words(ZIP))
    keys.look(part("Password: two2", inside=("message", "zip")))

    assert "two2" in list(keys.words(ZIP))


@pytest.mark.slow
@given(
    st.lists(st.text(max_size=300), max_size=5),
    st.text(max_size=100),
    st.sampled_from([ZIP, SEVEN, OFFICE, 3.0]),
)
@settings(derandomize=True, max_examples=100, deadline=None)
def test_whatever_is_said_the_words_are_few_short_and_each_comes_once(texts, title, cost):
    keys = keys_of(*texts, *(f"password: {text}" for text in texts))
    keys.mail(title)

    found = list(keys.words(cost))

    assert len(found) == len(set(found))
    assert 0 < len(found) <= min(subject.TRIES, max(1, int(subject.SECONDS / cost)))
    assert all(0 < len(word) <= 64 for word in found)


HOSTILE = [
    "<!--",
    "<style data:",
    "data:aaaa",
    "pin: ",
    "password:",
    "pass ",
    "1 ",
    '"a" ',
    "'a ",
    "(",
    "“",
    "<",
    "<b>",
    "&#12;",
    "パスワードは",
    "- ",
]


@pytest.mark.slow
@pytest.mark.parametrize("piece", [*HOSTILE, "\ufdfa"])
@pytest.mark.parametrize("kind", ["text", "html"])
def test_a_text_that_is_made_to_be_slow_costs_what_its_length_says(piece, kind):
    def cost(octets: int) -> float:
        keys = Keys()
        keys.look(part((piece * octets)[: octets // len(piece.encode()) * len(piece)], kind=kind))
        began = time.process_time()
        list(keys.words(ZIP))
        return time.process_time() - began

    # All that is read of one text, against a quarter; sixteen times would be quadratic.
    costs = [cost(octets) for octets in (12 * 1024, 48 * 1024)]
    assert all(after < 10 * max(before, 0.02) for before, after in pairwise(costs))
