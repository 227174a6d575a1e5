"""What clamd goes past in a message is handed out to it (tests/desk/test_clamav_reach.py)."""

import gzip
import random
import runpy
from binascii import b2a_uu
from pathlib import Path
from types import SimpleNamespace

import pytest

MAILS = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("shown_mails.py"))))
TEXT, HEAD = MAILS.TEXT, MAILS.HEAD
mail, attached, zipped = MAILS.mail, MAILS.attached, MAILS.zipped


@pytest.mark.parametrize("kind", [b"signed", b"parallel", b"x-new"])
def test_the_parts_of_a_multipart_that_an_engine_goes_past_are_hidden(shown, kind):
    """Tried with clamd 1.4 (tests/desk/test_clamav_reach.py)."""
    message = mail(b"\r\nhello", attached(TEXT)).replace(b"/mixed", b"/" + kind)
    assert shown(message) == [b"hello", TEXT]
    within = message.removeprefix(HEAD).replace(b"--b", b"--c").replace(b"=b", b"=c")
    assert shown(mail(b"\r\nhello", within)) == [b"hello", TEXT]


def test_and_what_is_attached_to_a_message_there_is_reached_in_that(shown):
    inner = mail(b"\r\nhi", attached(TEXT)).replace(b"--b", b"--c").replace(b"=b", b"=c")
    message = mail(b"Content-Type: message/rfc822\r\n\r\n" + inner)
    assert shown(message.replace(b"/mixed; boundary=b", b"/signed; boundary=b")) == [inner]


@pytest.mark.parametrize(("behind", "hidden"), [(b"", 0), (b"\r", 0), (b" ", 1), (b"\t\r", 1)])
def test_blanks_behind_a_delimiter_hide_its_part_and_no_other(shown, behind, hidden):
    message = mail(b"\r\nhello", attached(TEXT), b"\r\nbye")
    at = message.index(b"\r\nContent-Type: application")
    assert shown(message[:at] + behind + message[at:]) == [TEXT] * hidden


@pytest.mark.parametrize("soft", [b"= \r\n", b"=\t\r\n"])
def test_blanks_behind_a_soft_line_break_hide_a_text(shown, soft):
    said = b"Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    assert shown(mail(said + b"hel=\r\nlo")) == []
    assert shown(mail(said + b"hel" + soft + b"lo")) == [b"hello"]


def test_bare_carriage_returns_hide_all_parts(shown):
    message = mail(b"\r\nhello", attached(TEXT)).replace(b"\r\n", b"\r")
    assert shown(message) == [b"hello", TEXT]


@pytest.mark.parametrize("name", [b"x-uuencode", b"uuencode", b"x-uue"])
def test_a_uuencoded_file_is_hidden(shown, name):
    said = b"Content-Type: text/x\r\nContent-Transfer-Encoding: " + name + b"\r\n\r\n"
    uu = b"begin 644 a.txt\r\n" + b2a_uu(TEXT[:45]) + b"`\r\nend"
    assert TEXT[:45] in shown(mail(b"\r\nhello", said + uu))


def test_what_a_zip_without_its_directory_holds_is_hidden(shown):
    octets = zipped(TEXT)
    assert shown(mail(attached(octets))) == []
    assert shown(mail(attached(octets[: octets.index(b"PK\x01\x02")]))) == [TEXT]
    assert shown(mail(attached(octets[: octets.index(b"PK\x05\x06")]))) == [TEXT]


@pytest.mark.parametrize("bit", range(16))
def test_a_member_of_a_zip_with_a_flag_that_few_know_is_hidden(shown, bit):
    octets = bytearray(zipped(TEXT))
    flags = int.from_bytes(octets[6:8], "little") ^ 1 << bit
    octets[6:8] = flags.to_bytes(2, "little")
    usual = bit in (1, 2, 3, 11)
    assert (shown(mail(attached(bytes(octets)))) == []) is usual


@pytest.mark.parametrize(
    ("line", "hidden"),
    [
        (b"begin 644 a.txt", True),
        (b"begin 6440", True),
        (b"begin 64 a.txt", False),
        # clamd cuts long lines, so it may begin one anywhere.
        (b"x" * 999 + b"begin 644 a.txt", True),
        (b"to begin 644 a.txt", True),
        (b"begin 1 July", False),
        (b"Begin 644 a.txt", False),
    ],
)
def test_a_line_that_begins_uuencode_hides_all_parts_of_its_message(shown, line, hidden):
    text = b"hello\r\n" + line + b"\r\nhello"
    assert (TEXT in shown(mail(b"\r\n" + text, attached(TEXT)))) is hidden


@pytest.mark.parametrize(
    ("fields", "hidden"),
    [
        (b'Content-Type: x/y; name="a.bin"', False),
        (b'Content-Type: x/y; name="a.bin', True),
        (b'Content-Type: x/y;\r\n\tname=a.bin"', True),
        (b'Content-Type: x/y; name="a\\".bin"', True),
        (b'Content-Disposition: attachment; filename="a.bin\r\nContent-Type: x/y', True),
        (b'Content-Type: x/y; name=\t"a.bin"', True),
        (b'Subject: "\r\nContent-Type: x/y', False),
    ],
)
def test_a_quote_that_is_not_closed_hides_the_body_of_its_message(shown, fields, hidden):
    message = HEAD + fields + b"\r\n" + attached(TEXT).partition(b"\r\n")[2]
    assert (TEXT in shown(message)) is hidden


@pytest.mark.parametrize(("octets", "hidden"), [(989, False), (990, True)])
def test_a_long_line_in_the_header_of_a_part_hides_it(shown, octets, hidden):
    field = b"X-A: ".ljust(octets, b"x") + b"\r\n"
    assert shown(mail(b"\r\nhello", field + attached(TEXT))) == [TEXT] * hidden


def test_fields_before_the_first_delimiter_hide_the_parts_behind_it(shown):
    message = mail(b"\r\nhello", attached(TEXT))
    at = message.index(b"--b")
    words, fields = b"This is a message in parts.\r\n", b"Content-Type: text/plain\r\n"
    assert shown(message[:at] + words + message[at:]) == []
    assert TEXT in shown(message[:at] + fields + message[at:])


def test_a_member_of_a_zip_with_sizes_of_64_bits_is_hidden(shown):
    assert shown(mail(attached(zipped(TEXT, large=True)))) == [TEXT]


def test_a_member_of_a_zip_that_is_only_said_to_be_locked_is_hidden(shown):
    octets = bytearray(zipped(TEXT))
    octets[6] |= 1
    octets[octets.index(b"PK\x01\x02") + 8] |= 1
    assert TEXT in shown(mail(attached(bytes(octets))))


def test_what_is_left_of_a_file_that_was_cut_off_is_hidden(shown):
    octets = gzip.compress(random.Random(1).randbytes(3000), mtime=0)
    (left,) = shown(mail(attached(octets[:2000])))
    assert gzip.decompress(octets).startswith(left)
