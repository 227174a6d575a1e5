"""What stands in a text is given besides the text, where a text is what it is."""

import binascii

import pytest

UU = b"begin 644 a.exe\n" + binascii.b2a_uu(b"MZ") + b"`\nend\n"
PGP = b"-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n"
RETURNED = b"Received: by x; now\nFrom: a@example.org\nTo: b@example.net\nSubject: y\n\nhello\n"


@pytest.mark.parametrize(
    ("carried", "path"), [(UU, "1/uu:a.exe"), (PGP, "1/pgp"), (b"\n" + RETURNED, "1/inline")]
)
@pytest.mark.parametrize("type_", [b"text/plain", b"text/html", b"image/png"])
def test_what_a_text_carries_is_given(carried, path, type_, read):
    seen = read(b"Content-Type: " + type_ + b"\n\nSee below:\n" + carried + b"Bye\n")

    shown = type_ == b"text/plain" or (type_ == b"text/html" and "inline" not in path)
    assert seen.paths == (["1", path] if shown else ["1"])
    assert seen.odd == []


def test_a_text_of_a_few_letters_carries_nothing(read):
    assert read(b"A: b\n\nbegin 1 a\n!00").paths == ["1"]
