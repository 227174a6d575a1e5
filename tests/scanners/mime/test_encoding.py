"""Transfer encodings are decoded, and what readers differ on is told."""

import base64

import pytest

from pratique.scanners.mime import encoding
from pratique.scanners.mime.encoding import STREAMS, decode_base64, decode_quoted_printable

OCTETS = bytes(range(256)) * 3
CLEAN = base64.encodebytes(OCTETS)


@pytest.mark.parametrize(
    "encoded",
    [
        *(CLEAN, CLEAN.replace(b"\n", b"\r\n"), CLEAN.replace(b"\n", b""), CLEAN + b"\r\n\r\n"),
        *(CLEAN.replace(b"\n", b" \t\n"), b"\n\n" + CLEAN),
    ],
)
def test_base64_with_any_white_space_is_not_odd(encoded):
    assert decode_base64(encoded)[:3] == (OCTETS, "", "")


@pytest.mark.parametrize(
    ("encoded", "octets"),
    [
        *((b"QQ==", b"A"), (b"QUI=", b"AB"), (b"QUJD", b"ABC"), (b"QUJD\nRA==\n", b"ABCD")),
        *((b"", b""), (b"=", b""), (b"====", b""), (b"QUI==", b"AB"), (b"QUJD====\n", b"ABC")),
        (b"QQ=\n=", b"A"),
    ],
)
def test_base64_that_is_padded_is_whole(encoded, octets):
    assert decode_base64(encoded)[:3] == (octets, "", "")


@pytest.mark.parametrize(
    ("encoded", "octets"),
    [(b"QQ", b"A"), (b"QUI", b"AB"), (b"QUJDR", b"ABC"), (b"Q", b""), (b"QUJDQQ=", b"ABCA")],
)
def test_base64_that_is_cut_off_gives_what_is_whole_and_is_told(encoded, octets):
    assert decode_base64(encoded)[:2] == (octets, "bad_base64")


@pytest.mark.parametrize(
    ("encoded", "octets"),
    [
        (b"QUJD.REVG", b"ABCDEF"),
        (b"QUJD\n-- \nREVG", b"ABCDEF"),
        (b"QUJD\0REVG", b"ABCDEF"),
        (b"QQ==QkNE", b"ABCD"),
        (b"QQ==\r\nQg==\r\n", b"AB"),
        (b"QQ==\n\n~~~~\n", b"A"),
        (b"QUJD=REVG", b"ABCDEF"),
        (b"QUI=\xff", b"AB"),
        (b"QUJD REVG", b"ABCDEF"),
    ],
)
def test_base64_with_junk_or_more_after_its_padding_is_told_and_decoded(encoded, octets):
    decoded = decode_base64(encoded)

    assert (decoded.octets, decoded.oddity) == (octets, "bad_base64")


def test_so_many_streams_are_decoded_each_by_itself_and_the_rest_is_not_lost():
    assert decode_base64(b"QQ==" * STREAMS).octets == b"A" * STREAMS
    assert decode_base64(b"QQ==" * STREAMS + b"QUJD" * 3).octets == b"A" * STREAMS + b"ABC" * 3


@pytest.mark.parametrize(
    ("encoded", "octets"),
    [
        *((b"a=3Db", b"a=b"), (b"a=3D=C3=BC", "a=ü".encode()), (b"a=\r\nb", b"ab")),
        *(
            (b"a=\nb", b"ab"),
            (b"a \t\r\nb\t", b"a\r\nb"),
            (b"a=", b"a"),
            (b"a=\r\n\r\nb", b"a\r\nb"),
        ),
        *((b"", b""), (b"a=20\r\nb", b"a \r\nb"), (b"a_b", b"a_b"), (b"a=\r", b"a")),
    ],
)
def test_quoted_printable_that_all_read_alike_is_not_odd(encoded, octets, budget):
    assert decode_quoted_printable(encoded, budget)[:3] == (octets, "", "")


@pytest.mark.parametrize(
    ("encoded", "octets"),
    [
        *((b"a=xb", b"a=xb"), (b"a==3D", b"a=="), (b"x==y", b"x==y"), (b"a=4", b"a=4")),
        *((b"a=\rbc\nd", b"a=\rbc\nd"), (b"a=@\n", b"a=@\n")),
    ],
)
def test_a_stray_equals_sign_stays_and_is_told(encoded, octets, budget):
    decoded = decode_quoted_printable(encoded, budget)

    assert (decoded.octets, decoded.oddity) == (octets, "bad_quoted_printable")


@pytest.mark.parametrize(
    ("encoded", "octets"),
    [
        (b"a=3db=c3=bc", "a=bü".encode()),
        (b"a= \t\r\nb", b"ab"),
        (b"a=\r\n\nb", b"a\nb"),
        (b"a=\n\rb", b"a\rb"),
    ],
)
def test_what_a_text_shows_alike_is_told_all_the_same(encoded, octets, budget):
    decoded = decode_quoted_printable(encoded, budget)

    assert (decoded.octets, decoded.oddity, decoded.alike) == (octets, "bad_quoted_printable", True)


@pytest.mark.slow
@pytest.mark.parametrize("line", [b"=41=\r\n", b"=41", b"ab  =\r\n", b"a b"])
def test_quoted_printable_does_not_depend_on_where_it_is_cut(line, budget):
    encoded = line * (3_000_000 // len(line))

    decoded = decode_quoted_printable(encoded, budget)

    wanted = {b"=41=\r\n": b"A", b"=41": b"A", b"ab  =\r\n": b"ab  ", b"a b": b"a b"}[line]
    assert decoded.octets == wanted * (3_000_000 // len(line))
    assert not decoded.oddity


@pytest.mark.parametrize(
    ("name", "encoded", "octets"),
    [
        ("", b"as it is=", b"as it is="),
        ("8bit", b"\xff", b"\xff"),
        ("base64", b"QUJD", b"ABC"),
        ("quoted-printable", b"=41", b"A"),
    ],
)
def test_each_known_encoding_is_decoded(name, encoded, octets, budget):
    assert encoding.decode(encoded, name, budget).octets == octets


@pytest.mark.parametrize("size", range(12))
def test_the_bound_of_base64_is_never_too_small(size):
    encoded = base64.b64encode(bytes(size))

    assert encoding.bound("base64", len(encoded)) >= size
    assert encoding.bound("", size) == size


@pytest.mark.parametrize(
    ("encoded", "wanted"),
    [(CLEAN, True), (b"* - *, * - *.\n" * 9, False), (b"short", False)],
)
def test_base64_with_little_junk_resembles_base64_all_the_same(encoded, wanted):
    assert encoding.resembles_base64(encoded[:4] + b"#.#" + encoded[4:]) is wanted


# More letters than those among which each line end is counted, and the octets that they are.
FULL = b"QUJD" * encoding._LINES
FULL_OCTETS = b"ABC" * encoding._LINES
LINES = b"".join(b"QUJD" * 19 + b"\r\n" for _ in range(100))
LINES_OCTETS = b"ABC" * 1900


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"])
@pytest.mark.parametrize(
    ("encoded", "octets"),
    [
        (b"", b""),
        (FULL, FULL_OCTETS),
        (FULL + b"QQ==", FULL_OCTETS + b"A"),
        (FULL + b"\r\n", FULL_OCTETS),
        (b"\r\n\r\n" + FULL + b"QQ==\r\n", FULL_OCTETS + b"A"),
        (LINES, LINES_OCTETS),
        (LINES + b"QUI=", LINES_OCTETS + b"AB"),
        (LINES + b"QQ==\r\n\r\n", LINES_OCTETS + b"A"),
        (LINES + b"QU\r\nJD\r\n" + LINES, LINES_OCTETS + b"ABC" + LINES_OCTETS),
        (b"QUJD\r\n" * 2000, b"ABC" * 2000),
        (b"Q\r\nU\r\nJD" * 2000, b"ABC" * 2000),
    ],
)
def test_plain_base64_is_decoded_whatever_its_lines_are(encoded, octets, line_end):
    written = encoded.replace(b"\r\n", line_end)

    assert decode_base64(written)[:2] == (octets, "")
    assert encoding.decode_plain(memoryview(written)) == octets


@pytest.mark.parametrize("more", [b"QUJD", b"QQ==", b"=" * 4])
@pytest.mark.parametrize("before", [FULL, LINES])
def test_what_follows_padding_is_not_plain(before, more):
    padded = before + b"QUI="

    assert encoding.decode_plain(memoryview(padded + more)) is None
    assert encoding.decode_plain(memoryview(padded + b"\r\n" + more)) is None
    assert encoding.decode_plain(memoryview(padded)) is not None


@pytest.mark.parametrize("padding", [b"=", b"==", b"===", b"Q", b"QQ", b"QQ=", b"QQI", b"QQI=="])
@pytest.mark.parametrize("before", [b"", FULL, LINES])
def test_wrong_padding_is_not_plain(before, padding):
    assert encoding.decode_plain(memoryview(before + padding)) is None


@pytest.mark.parametrize("odd", [b"!", b" ", b"\0", b"-", b"_", b"Q", b"=", b"==", b"\xff"])
@pytest.mark.parametrize("text", [FULL, LINES])
def test_what_is_no_letter_is_not_plain(text, odd):
    assert encoding.decode_plain(memoryview(text + odd + text)) is None
    assert encoding.decode_plain(memoryview(odd + text)) is None
