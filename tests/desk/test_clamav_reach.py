"""What our readers come to in a message, clamd comes to as well, or is shown it.

Each message has a worm in an attached file, which only clamd knows by name.  Where our readers
come to it, clamd must find it in the message, or in what is handed out beside it
(scanners/shown.py).  The messages are ordinary ones with one thing changed, and archives that
were damaged by chance, the same in each run.
"""

import array
import bz2
import os
import random
import runpy
import socket
from base64 import b64encode
from binascii import b2a_uu
from lzma import compress
from pathlib import Path
from types import SimpleNamespace

import pytest

from pratique.scanners.inspector import load
from pratique.scanners.mime.entity import ENTERED
from pratique.scanners.shown import REACHED
from pratique.scanners.wall_pb2 import Inspect, Setup

pytestmark = [pytest.mark.real("clamd"), pytest.mark.slow]

TESTS = Path(__file__).parent.parent
SAMPLES = TESTS / "scanners/formats/samples"
FAKE = SimpleNamespace(**runpy.run_path(str(TESTS / "clamd_process.py")))
MAILS = SimpleNamespace(**runpy.run_path(str(TESTS / "scanners/shown_mails.py")))
WORM = b"some octets \x01\x02\x03 before " * 4 + FAKE.WORM + b" and behind it " * 4
HEAD = b"From: a@b.example\r\nTo: c@d.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
# What our readers say of it where they come to it.
SEEN = ("yara", "worm")
FILE = b'Content-Type: application/octet-stream; name="r.bin"\r\n'


def lines(octets, end=b"\r\n", width=76):
    text = b64encode(octets)
    return b"".join(text[at : at + width] + end for at in range(0, len(text), width))


def quoted(soft):
    """Each octet as an escape, in lines that end so."""
    pieces = (WORM[at : at + 24] for at in range(0, len(WORM), 24))
    return soft.join(b"".join(b"=%02X" % each for each in piece) for piece in pieces) + b"\r\n"


def uuencoded(first):
    pieces = (b2a_uu(WORM[at : at + 45]) for at in range(0, len(WORM), 45))
    return first + b"\r\n" + b"".join(pieces).replace(b"\n", b"\r\n") + b"`\r\nend\r\n"


def mail(kind=b"mixed", said=b"base64", body=None, behind=b""):
    """A text and a file; `behind` is what stands behind its delimiter."""
    return (
        HEAD + b'Content-Type: multipart/' + kind + b'; boundary="bnd"\r\n\r\n'
        b"--bnd\r\nContent-Type: text/plain\r\n\r\nhello\r\n--bnd" + behind + b"\r\n"
        + FILE + b"Content-Transfer-Encoding: " + said + b"\r\n\r\n"
        + (lines(WORM) if body is None else body) + b"--bnd--\r\n"
    )  # fmt: skip


INNER = mail(kind=b"signed").removeprefix(HEAD)

# Of these clamd 1.4 alone finds none.
MISSED = {
    "signed": mail(kind=b"signed"),
    "parallel": mail(kind=b"parallel"),
    "signed within": HEAD + b'Content-Type: multipart/mixed; boundary="out"\r\n\r\n--out\r\n'
    + INNER + b"--out--\r\n",
    "a tab behind a delimiter": mail(behind=b"\t"),
    "blanks behind a delimiter": mail(behind=b" \t "),
    "blanks behind a soft line break": mail(said=b"quoted-printable", body=quoted(b"= \r\n")),
    "a tab behind a soft line break": mail(said=b"quoted-printable", body=quoted(b"=\t\r\n")),
    "a short mode": mail(said=b"x-uuencode", body=uuencoded(b"begin 7 r.bin")),
    "a first line in capitals": mail(said=b"x-uuencode", body=uuencoded(b"BEGIN 644 r.bin")),
    "bare CR": mail().replace(b"\r\n", b"\r"),
    "a line of uuencode in a text": mail().replace(b"hello", b"hello\r\nbegin 644 a.txt"),
    "a quote that is not closed": HEAD + b'Content-Type: x/y; name="r.bin\r\n'
    b"Content-Transfer-Encoding: base64\r\n\r\n" + lines(WORM),
    "fields before a delimiter": HEAD + b'Content-Type: multipart/mixed; boundary="out"\r\n\r\n'
    b"--out\r\n" + mail().removeprefix(HEAD).replace(
        b"\r\n\r\n--bnd", b"\r\n\r\nContent-Type: text/plain\r\n--bnd", 1
    ) + b"--out--\r\n",
    "a bzip2 of two streams": mail(body=lines(bz2.compress(b"x") + bz2.compress(WORM))),
    "a zip of 64 bits": mail(body=lines(MAILS.zipped(WORM, large=True))),
    "two streams": mail(body=b"eA==\r\n" + lines(WORM)),
}  # fmt: skip

OTHERS = {
    "ordinary": mail(),
    "quoted-printable": mail(said=b"quoted-printable", body=quoted(b"=\r\n")),
    "uuencode": mail(said=b"uuencode", body=uuencoded(b"begin 644 r.bin")),
    "bare LF": mail().replace(b"\r\n", b"\n"),
    "a blank behind a delimiter": mail(behind=b" "),
    "an empty line behind a delimiter": mail(behind=b"\r\n"),
    "a delimiter with other capitals": mail().replace(b"--bnd\r\nContent-Type: app", b"--BND\r\n"
                                                      b"Content-Type: app"),
    "no last delimiter": mail().removesuffix(b"--bnd--\r\n"),
    "capitals": mail(said=b"BASE64"),
    "a comment": mail(said=b"base64 (c)"),
    "quotes": mail(said=b'"base64"'),
    "a fold": mail(said=b"\r\n base64"),
    "two encodings": mail(said=b"7bit\r\nContent-Transfer-Encoding: base64"),
    "no letters between": mail(body=b"!".join(lines(WORM, b"", 10).split(b"\r\n"))),
    "short lines": mail(body=lines(WORM, width=3)),
    "blank lines": mail(body=lines(WORM, b"\r\n\r\n")),
    "blanks at the ends of lines": mail(body=lines(WORM, b" \r\n")),
    "words before": mail(body=b"hello there\r\n\r\n" + lines(WORM)),
    "a byte order mark": b"\xef\xbb\xbf" + mail(),
    "a field that clamd does not know": b"X-First: x\r\n" + mail(),
    "no field at all": mail().removeprefix(HEAD),
    "a long line of a header, in a message": HEAD
    + b'Content-Type: multipart/mixed; boundary="out"\r\n\r\n--out\r\n'
    + b"Content-Type: message/rfc822\r\n\r\n"
    + mail().replace(b'name="r.bin', b'name="' + b"r" * 1100)
    + b"--out--\r\n",
    "a file that is a message": mail(body=lines(mail())),
}  # fmt: skip


@pytest.fixture(scope="module")
def inspector(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rules")
    known = f'rule worm {{ strings: $a = "{FAKE.WORM.decode()}" condition: $a }}'
    (folder / "worm.yar").write_text(known)
    return load(Setup(rule_folders=[str(folder)]))


@pytest.fixture
def finds(lasting_clamd):
    """Whether clamd finds the worm in octets, all by itself."""

    def finds(octets):
        descriptor = os.memfd_create("octets")
        try:
            os.write(descriptor, octets)
            with socket.socket(socket.AF_UNIX) as asked:
                asked.connect(str(lasting_clamd.socket))
                passed = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))
                asked.sendmsg([b"zFILDES\0\0"], [passed])
                return b"Win.Worm.Plugh-1" in asked.makefile("rb").read()
        finally:
            os.close(descriptor)

    return finds


@pytest.fixture
def look(inspector):
    """Have our readers look at a message."""

    def look(message, show="hidden"):
        heard = MAILS.Heard()
        inspector.inspect(memoryview(message), Inspect(show=show), heard)
        return heard

    return look


@pytest.mark.parametrize("name", MISSED)
def test_what_clamd_goes_past_is_shown_to_it(look, finds, name):
    assert not finds(MISSED[name])
    for show in ("hidden", "parts", "apart"):
        heard = look(MISSED[name], show)
        assert SEEN in heard.findings
        assert any(map(finds, heard.handed))


@pytest.mark.parametrize("name", OTHERS)
def test_it_comes_to_whatever_we_come_to(look, finds, name):
    heard = look(OTHERS[name])
    assert SEEN in heard.findings
    assert finds(OTHERS[name]) or any(map(finds, heard.handed))


def test_of_an_ordinary_message_it_is_shown_nothing_beside_it(look):
    assert look(OTHERS["ordinary"]).handed == []


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("kind", sorted(ENTERED))
def test_it_goes_into_a_multipart_of_this_kind(look, finds, kind, place):
    leaves = [b"Content-Type: text/html\r\n\r\nhello\r\n"] * 3
    leaves[place] = FILE + b"Content-Transfer-Encoding: base64\r\n\r\n" + lines(WORM)
    said = b"Content-Type: multipart/" + kind + b"; boundary=bnd\r\n\r\n"
    message = HEAD + said + b"".join(b"--bnd\r\n" + leaf for leaf in leaves) + b"--bnd--\r\n"
    assert finds(message)
    assert look(message).handed == []


def damaged(octets, chance):
    """One change of those that break a file in some way."""
    changed, at = bytearray(octets), chance.randrange(len(octets))
    some = chance.choice((1, 2, 4, 20))
    match chance.randrange(6):
        case 0:
            changed[at] = chance.randrange(256)
        case 1:
            changed[at] ^= 1 << chance.randrange(8)
        case 2:
            del changed[max(at, len(changed) // 3) :]
        case 3:
            del changed[at : at + some]
        case 4:
            changed[at:at] = bytes(some)
        case _:
            changed += chance.randbytes(some)
    return bytes(changed)


@pytest.mark.parametrize("reader", sorted(REACHED - {"mime"}))
def test_a_damaged_archive_hides_nothing_from_it_that_we_see(look, finds, reader):
    # Packed by xz first: of an archive that only stores it the octets would show.
    whole = runpy.run_path(str(SAMPLES / f"{reader}.py"))["good"](compress(WORM * 9))
    chance, seen = random.Random(reader), 0
    for _ in range(120):
        message = mail(body=lines(damaged(whole, chance)))
        heard = look(message)
        if SEEN in heard.findings:
            seen += 1
            assert finds(message) or any(map(finds, heard.handed)), b64encode(message)
    assert seen > 10
