"""The table of what passwords are called: each of its words is found, and no other."""

import re

import pytest

from pratique.scanners.passwords.words import (
    COLON,
    FILLERS,
    LINK,
    LINKS,
    LONG,
    PASSWORD,
    SHORT,
    UNSPACED,
    small,
)

CALLED = [
    *("Password", "passwords", "PASSWORD", "Zip-Password", "passwort", "Passwörter", "kennworts"),
    *("pass word", "passphrase", "pass code", "access code", "p4ssw0rd", "Archivkennwort"),
    *("mot de passe", "mots de passe", "code d'accès", "contraseña", "contrasena", "clave"),
    *("palabra clave", "parola", "codice", "chiave", "senha", "palavra-passe", "código"),
    *("пароль", "паролем", "ПАРОЛЬ", "код", "パスワード", "解凍パスワード", "暗証番号"),
    *("密码", "解压密码", "密碼", "口令", "wachtwoord", "hasło", "şifre", "비밀번호"),
    *("pw", "PW", "pwd", "pin", "code"),
]
OTHERWISE = [
    *("compass", "passport", "passenger", "surpass", "keyboard", "monkey", "encode", "spinach"),
    *("Schlüsselbund", "clavel", "кодекс", "encore", "pinned", "wordpress", "codicil"),
    *("コードネーム", "キーボード"),
]


@pytest.mark.parametrize("text", CALLED)
def test_a_word_for_password_is_found_in_a_sentence(text):
    assert PASSWORD.search(small(f"... {text} ..."))


@pytest.mark.parametrize("text", OTHERWISE)
def test_a_word_that_only_looks_like_one_is_left_alone(text):
    assert PASSWORD.search(small(f"... {text} ...")) is None


@pytest.mark.parametrize("text", ["キー:", "コードは x", "■pass", "Passは", "PWは", "鍵「x」"])
def test_a_short_word_ends_where_another_script_begins(text):
    assert PASSWORD.search(small(text))


@pytest.mark.parametrize("table", [LONG, SHORT, LINKS])
def test_every_entry_is_a_pattern_in_small_letters_that_matches_something(table):
    for language, patterns in table.items():
        assert patterns, language
        for pattern in patterns:
            assert not re.compile(pattern).match(""), pattern
            assert re.sub(r"\\.", "", pattern) == re.sub(r"\\.", "", pattern).lower(), pattern


def test_the_languages_without_blanks_are_in_the_table():
    assert set(LONG) >= UNSPACED


@pytest.mark.parametrize("text", ["x is y", "er lautet y", "とは y", "密码为 y", "это y"])
def test_a_link_is_found(text):
    assert LINK.search(text)


@pytest.mark.parametrize("text", ["this", "island", "testing"])
def test_a_link_is_a_word_of_its_own(text):
    assert LINK.search(text) is None


@pytest.mark.parametrize("text", ["a: b", "a：b", "a=b", "a - b", "a -> b", "a → b"])
def test_a_colon_and_its_kin_are_found(text):
    assert COLON.search(text)


def test_a_hyphen_inside_a_word_is_no_colon():
    assert COLON.search("a-b") is None


def test_small_letters_keep_their_places():
    text = "\u0130stanbul PASSWORD ẞ"

    assert len(small(text)) == len(text)
    assert "password" in small(text)


def test_fillers_are_single_words_in_small_letters():
    assert all(word == word.lower() and word.split() == [word] for word in FILLERS)
