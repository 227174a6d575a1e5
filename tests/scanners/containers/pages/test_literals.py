r"""What a script's literals are: letters, numbers, escapes, pieces."""

import random
from base64 import b64encode, urlsafe_b64encode

import pytest

from pratique.scanners.containers.pages import literals
from pratique.scanners.containers.pages.data_uris import TooMany, decode_base64
from pratique.scanners.containers.pages.literals import LETTERS, LITERALS, NUMBERS

PIECED = ("UEsDBBQ" + b64encode(random.Random(5).randbytes(300)).decode())[:199]

FILE = b"MZ" + random.Random(1).randbytes(298)
WRITTEN = b64encode(FILE)


@pytest.mark.parametrize("between", [b"\n", b"\r\n  ", b"\\n", b"\\\n"])
def test_a_run_of_letters_may_have_several_lines(between):
    lines = between.join(WRITTEN[at : at + 64] for at in range(0, len(WRITTEN), 64))
    (run,) = literals.runs(b"x = `" + lines + b"`; y")
    assert decode_base64(run.replace(b"\\n", b"")) == FILE


@pytest.mark.parametrize(("letters", "runs"), [(LETTERS, 1), (LETTERS - 1, 0)])
def test_so_many_letters_are_a_literal_and_fewer_are_none(letters, runs):
    assert len(list(literals.runs(b"'" + b"A" * letters + b"'"))) == runs


def test_words_are_no_literal():
    text = b"the quick brown fox jumps over the lazy dog " * 20
    assert list(literals.runs(text)) == []


def test_runs_are_found_by_what_they_begin_with():
    page = b"<p>" + WRITTEN + b"</p><p>" + b"QUFB" * 30 + b"</p>"
    assert list(literals.runs_after(page, (b"TV",))) == [WRITTEN]


@pytest.mark.parametrize("written", [FILE.hex(), FILE.hex().upper()])
def test_hexadecimal_is_decoded(written):
    assert literals.from_hexadecimal(written.encode()) == FILE


@pytest.mark.parametrize("written", [b"ab" * (LETTERS // 2 - 1), b"a" * (LETTERS + 1), WRITTEN])
def test_what_is_no_hexadecimal_gives_nothing(written):
    assert literals.from_hexadecimal(written) == b""


@pytest.mark.parametrize(
    "written",
    [
        ",".join(map(str, FILE)),
        ", ".join(map(hex, FILE)),
        ",\n".join(str(octet - 256 if octet > 127 else octet) for octet in FILE),
        "|".join(map(str, FILE)),
        "-".join(map(str, FILE)),
        " ".join(map(str, FILE)),
        FILE.hex(" "),
        FILE.hex(","),
    ],
)
def test_a_list_of_numbers_is_its_octets(written):
    assert list(literals.number_lists(f"x = [{written}];".encode())) == [FILE]


@pytest.mark.parametrize("width", [2, 4])
def test_wider_numbers_are_octets_in_the_order_of_the_processor(width):
    numbers = [int.from_bytes(FILE[at : at + width], "little") for at in range(0, 300, width)]
    written = ",".join(map(str, numbers)).encode()
    assert list(literals.number_lists(written)) == [FILE]


@pytest.mark.parametrize(("count", "lists"), [(NUMBERS, 1), (NUMBERS - 1, 0)])
def test_so_many_numbers_are_a_literal_and_fewer_are_none(count, lists):
    written = b",".join([b"65"] * count)
    assert len(list(literals.number_lists(written))) == lists


@pytest.mark.parametrize(
    "text",
    [
        "'ab'+'cd'",
        "'ab' +\n \"cd\"",
        "['ab', 'cd']",
        "'ab'/* x */+'cd'",
        "'ab'.concat('cd'",
        "x='ab';x+='cd'",
        "x='ab'; this.y += `cd`",
    ],
)
def test_pieces_are_joined(text):
    assert "abcd" in literals.joined(text)


def test_a_slash_may_be_written_with_a_backslash():
    assert literals.joined("'a\\/b'") == "'a/b'"


def test_sums_of_variables_are_what_the_variables_were_given():
    text = f"a='{'A' * 50}'; b = \"{'B' * 50}\"; x(b + a + 'C')"
    assert "B" * 50 + "A" * 50 + "C" in literals.summed(text)


def test_sums_that_grow_beyond_the_text_are_not_made():
    text = "a='" + "A" * 1000 + "';" + "+".join("a" * 1000)
    with pytest.raises(TooMany):
        literals.summed(text)


@pytest.mark.parametrize(
    ("written", "text"),
    [("\\x4d\\x5A", "MZ"), ("\\u004dZ", "MZ"), ("\\u{4d}", "M"), ("\\115", "M"), ("a\\\nb", "ab"),
     ("\\u{110000}", "?"), ("\\x4", "\\x4")],
)  # fmt: skip
def test_escapes_are_decoded(written, text):
    assert literals.unescaped(written) == text


def test_a_literal_with_escapes_is_given_whole():
    written = "".join(f"\\x{octet:02x}" for octet in FILE)
    (literal,) = literals.escaped_literals(f"x = 'ab{written}cd';")
    assert literal.encode("latin-1") == b"ab" + FILE + b"cd"


@pytest.mark.parametrize(
    ("written", "text"),
    [("%3Cb%3E%20%28%29", "<b> ()"), ("%u003Cb%u003E%20%28%29", "<b> ()")],
)
def test_a_literal_with_percents_is_given_decoded(written, text):
    assert list(literals.percent_literals(f"unescape('x{written}y')")) == [f"x{text}y"]


@pytest.mark.parametrize("text", ["width:100%; height:50%", "'https%3A%2F%2Fa.example'"])
def test_a_few_percents_are_nothing(text):
    assert list(literals.percent_literals(text)) == []


@pytest.mark.parametrize(
    "script",
    [
        ".replace(/!/g, '')", '.replaceAll("!", "")', ".split('!').join('')",
        ".replace(/[!]/gi,'')", ".replace(/\\!/g, ``)",
    ],
)  # fmt: skip
def test_letters_that_a_script_takes_out_are_taken_out(script):
    assert any("'abcd'" in text for text in literals.replaced("'a!b!c!d'" + script))


def test_letters_put_in_do_not_make_a_text_grow_for_ever():
    with pytest.raises(TooMany):
        list(literals.replaced("a" * 1000 + ".replace(/a/g,'bbbbbbbb')"))


def test_url_safe_letters_are_letters():
    (run,) = literals.runs(urlsafe_b64encode(FILE))
    assert decode_base64(run) == FILE


@pytest.mark.parametrize("more", [0, 1])
def test_so_many_literals_are_given_and_no_more(more):
    page = (b"A" * LETTERS + b"'") * (LITERALS + more)
    if more:
        with pytest.raises(TooMany):
            list(literals.runs(page))
    else:
        assert len(list(literals.runs(page))) == LITERALS


@pytest.mark.parametrize(
    "page",
    [
        ";".join(f"d.push('{PIECED[at : at + 24]}')" for at in range(0, 200, 24)),
        "".join(f"<i>{PIECED[at : at + 24]}</i> " for at in range(0, 200, 24)),
        " & _\r\n".join(f'"{PIECED[at : at + 4]}"' for at in range(0, 200, 4)),
    ],
)
def test_pieces_of_one_length_are_put_together_whatever_stands_between(page):
    page = f"'noise' 'letters' {page} 'longerthananyofthesepieces'"

    assert list(literals.in_pieces(page.encode(), (b"UEsD",))) == [PIECED.encode()]
    assert list(literals.in_pieces(page.encode(), (b"TVqQ",))) == []


def test_a_piece_that_is_padded_is_the_last():
    page = b"'UEsD" + b"A" * 40 + b"' 'AAAA" + b"A" * 38 + b"==' 'AAAA'"

    assert [len(one) for one in literals.in_pieces(page, (b"UEsD",))] == [88]


def test_numbers_are_read_to_any_radix_and_from_words():
    for written in (oct, bin, hex, str):
        page = ",".join(written(byte) for byte in FILE).encode()
        assert list(literals.number_lists(page)) == [FILE]
    words = literals.unquoted(",".join(f'"{byte}"' for byte in FILE).encode())
    assert [one for one in literals.number_lists(words) if len(one) >= len(FILE)] == [FILE]
    assert literals.unquoted(b"'1','2'") == b""


def test_a_literal_that_is_added_to_nothing_holds_no_sums():
    letters = "abc/d+" * 100
    assert literals.summed(f"d='{letters}'") == ""
    assert literals.summed(f"d='{letters}';e=d+'x'") == letters + "x"


@pytest.mark.slow
def test_so_many_sums_are_looked_at_and_no_more():
    assert literals.summed("a='x';" + "b+c;" * literals.SUMS) == ""
    with pytest.raises(TooMany, match="sums"):
        literals.summed("a='x';" + "b+c;" * (literals.SUMS + 1))
