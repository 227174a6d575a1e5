"""Octets become the texts that a person may read in them."""

import pytest

from pratique.scanners.passwords.reading import readings

WORDS = "パスワード: あいう12", "пароль: весна", "Kennwort für Müller", "密码是 八六"


def read(octets, charset="", *, page=False):
    return list(readings(octets, charset, page=page))


def test_plain_text_is_read_once():
    assert read(b"Password: abc") == ["Password: abc"]
    assert read(b"Password: abc", "us-ascii") == ["Password: abc"]
    assert read(b"") == [""]


def test_full_width_letters_are_read_plain_and_then_as_they_are():
    assert read("ＰＷ：１２".encode()) == ["PW:12", "ＰＷ：１２"]


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        (WORDS[0], "shift_jis"),
        (WORDS[0], "euc-jp"),
        (WORDS[0], "iso-2022-jp"),
        (WORDS[1], "koi8-r"),
        (WORDS[1], "windows-1251"),
        (WORDS[2], "iso-8859-1"),
        (WORDS[3], "gb2312"),
        (WORDS[3], "big5"),
        (WORDS[1], "utf-8"),
        (WORDS[1], "utf-16"),
    ],
)
def test_a_text_is_read_in_its_charset_whether_that_is_declared_or_not(text, charset):
    octets = text.replace("码", "碼").encode(charset) if charset == "big5" else text.encode(charset)
    text = octets.decode(charset)

    assert text in read(octets, charset)
    assert text in read(octets)
    assert text in read(octets, "x-unknown")


def test_utf_8_under_another_name_is_read_as_both():
    assert "für" in read("für".encode(), "iso-8859-1")


def test_utf_16_without_a_mark_is_read():
    assert "Password: abc" in read("Password: abc".encode("utf-16-le"))
    assert "Password: abc" in read("Password: abc".encode("utf-16-be"))


def test_a_page_is_read_in_the_charset_that_it_says():
    page = '<meta http-equiv=x content="text/html; charset=windows-1251"><p>пароль'.encode("cp1251")

    assert "пароль" in read(page, page=True)[0]


def test_what_nobody_sees_is_taken_out():
    assert read("Pass\u200bwo\u00adrd\u2060:\0 a".encode()) == ["Password: a"]


def test_all_line_ends_are_one():
    assert read("a\r\nb\rc\u2028d\n".encode()) == ["a\nb\nc\nd\n"]


def test_a_character_that_the_cut_halves_does_not_cost_the_charset():
    octets = "パスワード".encode()

    assert any(text.startswith("パスワー") for text in read(octets[:-1], "utf-8"))


def test_a_text_does_not_grow_past_its_octets():
    # One character of three octets, six characters in NFKC.
    assert read(("\u3316" * 100).encode())[0] == "キロメートル" * 50
    assert read("a\ufdfab".encode())[0] == "ab"


@pytest.mark.parametrize("octet", range(0, 256, 5))
def test_no_octets_are_an_error(octet):
    for charset in ("", "utf-16", "iso-2022-jp", "hz", "utf-7"):
        for page in (False, True):
            assert all(
                isinstance(text, str)
                for text in read(bytes([octet, 27, 36]) * 9, charset, page=page)
            )
