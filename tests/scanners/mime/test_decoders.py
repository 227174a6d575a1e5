"""What is broken in an encoding is decoded as each decoder does it, and told."""

import base64
import hashlib

import pytest

from pratique.scanners.mime.decoders import DECODINGS, decodings
from pratique.scanners.mime.leaves import FURTHER

HIDDEN = b"MZ\x90\x00" + hashlib.shake_256(b"hidden").digest(400)
LINES = base64.encodebytes(HIDDEN).replace(b"\n", b"\r\n")
ONE_LINE = base64.b64encode(HIDDEN) + b"\r\n"
ESCAPED = b"".join(b"=%02X" % octet for octet in HIDDEN)
WORDS = b"".join(b"%d bottles of beer on the wall\r\n" % number for number in range(30))


def per_line(octets, size, end=b"\r\n"):
    return b"".join(octets[at : at + size] + end for at in range(0, len(octets), size))


@pytest.mark.parametrize(
    ("encoded", "odd"),
    [
        (per_line(ONE_LINE.strip(), 6), ""),
        (per_line(ONE_LINE.strip(), 1), ""),
        (ONE_LINE, ""),
        (LINES.replace(b"\r\n", b" \t\r\n"), ""),
        (LINES.replace(b"\r\n", b"\r"), ""),
        (LINES.replace(b"\r\n", b"\n\r"), ""),
        (per_line(ONE_LINE.strip(), 20, b"."), "bad_base64"),
        (per_line(ONE_LINE.strip(), 20, b"-"), "bad_base64"),
        (per_line(ONE_LINE.strip(), 20, b"#\r\n"), "bad_base64"),
        (per_line(ONE_LINE.strip(), 21, b" "), "bad_base64"),
        (per_line(ONE_LINE.strip(), 21, b"\0"), "bad_base64"),
        (per_line(ONE_LINE.strip(), 21, b"="), "bad_base64"),
        (per_line(ONE_LINE.strip(), 21, b"=="), "bad_base64"),
        (per_line(ONE_LINE.strip(), 76, b"=\r\n"), "bad_base64"),
        (per_line(ONE_LINE.strip(), 75, b"=\r\n"), "bad_base64"),
        (ONE_LINE.strip().rstrip(b"="), "bad_base64"),
        (
            b"".join(base64.b64encode(HIDDEN[at : at + 10]) + b"\r\n" for at in range(0, 404, 10)),
            "bad_base64",
        ),
        (base64.b64encode(HIDDEN[:100]) + b"\r\n" + base64.b64encode(HIDDEN[100:]), "bad_base64"),
        (LINES + b"\r\n____\r\nThe list's footer\r\n", "bad_base64"),
        (LINES.rstrip(b"=\r\n") + b"\r\n\r\n--\r\nThe list's footer\r\n", "bad_base64"),
        (b"Here it is:\r\n\r\n" + LINES, "bad_base64"),
        (b"From here on\r\n" + LINES, "bad_base64"),
        (LINES[:80] + b"=" + LINES[80:] + b"inner\r\n", "bad_base64"),
        (LINES + b"!" + base64.b64encode(b"something else"), "bad_base64"),
        (ONE_LINE.translate(bytes.maketrans(b"+/", b"-_")), "bad_base64"),
    ],
)
def test_base64_is_decoded_as_each_decoder_does(encoded, odd, read, write):
    seen = read(write.with_header(write.typed + write.place + write.base64, encoded))

    assert HIDDEN in [bytes(each.octets) for each in seen.members]
    assert bool(seen.odd) is bool(odd)
    assert not odd or odd in seen.odd


@pytest.mark.parametrize(
    ("encoded", "hidden", "odd"),
    [
        (ESCAPED, HIDDEN, ""),
        (per_line(ESCAPED, 75, b"=\r\n"), HIDDEN, ""),
        (per_line(ESCAPED, 75, b"=\n"), HIDDEN, ""),
        (ESCAPED.lower(), HIDDEN, "bad_quoted_printable"),
        (per_line(ESCAPED, 75, b"= \t\r\n"), HIDDEN, "bad_quoted_printable"),
        (per_line(ESCAPED, 75, b"=\r"), HIDDEN, "bad_quoted_printable"),
        (per_line(ESCAPED, 75, b"=\r\r\n"), HIDDEN, "bad_quoted_printable"),
        (per_line(ESCAPED, 75, b"=\r\n\n"), HIDDEN, ""),
        (per_line(ESCAPED, 75, b"=\n\r"), HIDDEN, ""),
        (per_line(ESCAPED, 75, b"="), HIDDEN, "bad_quoted_printable"),
        (per_line(ESCAPED, 75, b"=@"), HIDDEN, "bad_quoted_printable"),
        (per_line(ESCAPED, 75, b"=@!"), HIDDEN, "bad_quoted_printable"),
        (
            ESCAPED.replace(b"=0", b"=00")[:0] + b"=9" + ESCAPED,
            b"\x09" + HIDDEN,
            "bad_quoted_printable",
        ),
        (b"=E" + ESCAPED, b"=E" + HIDDEN, "bad_quoted_printable"),
        (b"=E" + ESCAPED, b"E" + HIDDEN, "bad_quoted_printable"),
        (b"=@" + ESCAPED, b"=@" + HIDDEN, "bad_quoted_printable"),
        (WORDS.replace(b"\r\n", b" \t\r\n"), WORDS.rstrip(), ""),
    ],
)
def test_quoted_printable_is_decoded_as_each_decoder_does(encoded, hidden, odd, read, write):
    seen = read(write.with_header(write.typed + write.place + write.quoted, encoded))

    assert hidden in [bytes(each.octets) for each in seen.members]
    assert not odd or odd in seen.odd


@pytest.mark.parametrize("encoded", [ESCAPED.lower(), b"a= \r\nb", b"a=xb=1"])
def test_what_a_text_shows_alike_is_no_ambiguity(encoded, read):
    head = b"Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    seen = read(head + encoded)

    assert (seen.paths, seen.odd) == (["1"], [])


def test_each_reading_is_given_once_with_the_names_of_the_first(read, write):
    encoded = ONE_LINE.rstrip() + b"." + ONE_LINE

    seen = read(write.with_header(write.typed + write.place + write.base64, encoded))

    found = [bytes(each.octets) for each in seen.members]
    assert len(set(found)) == len(found)
    assert {each.name for each in seen.members[1:]} == {"a.bin"}


def test_no_more_decodings_are_made_than_are_counted():
    worst = b"a-b_c=d.e\r\n\r\n=x=1=Ef= \r\n\n" * 20

    assert 1 < len(list(decodings(worst, "base64"))) <= DECODINGS
    assert 1 < len(list(decodings(worst, "quoted-printable"))) <= DECODINGS


@pytest.mark.parametrize("size", [10_000, 1_000_000])
def test_further_decodings_stop_at_some_times_the_message(size, read):
    encoded = b"QUJD=-" * (size // 6)

    seen = read(b"Content-Transfer-Encoding: base64\r\n\r\n" + encoded)

    further = sum(len(each.octets) for each in seen.members if each.view == "further")
    assert further <= FURTHER * len(encoded) + 64 * 1024
    assert seen.odd == ["bad_base64"]


@pytest.mark.slow
@pytest.mark.parametrize("piece", [b"=", b"=x", b"= \r\n", b"A=", b"A-\r\n\r\n", b"\r\n", b"A \n"])
@pytest.mark.parametrize("name", ["base64", "quoted-printable"])
def test_decoding_takes_time_in_proportion_to_the_octets(piece, name, clocked):
    def decode_all(size):
        return lambda: list(decodings(piece * (size // len(piece)), name))

    assert clocked(decode_all(200_000)) < 8 * clocked(decode_all(50_000)) + 0.05
