"""Uuencoded files are found in the midst of text."""

import binascii

import pytest

from pratique.scanners.budget import Budget, Limits, OverBudget
from pratique.scanners.mime import uu


def encoded(octets, name=b"a.exe", eol=b"\n"):
    lines = [
        binascii.b2a_uu(octets[at : at + 45]).rstrip(b"\n") for at in range(0, len(octets), 45)
    ]
    return eol.join([b"begin 644 " + name, *lines, b"`", b"end", b""])


def files(text, **limits):
    return list(uu.files(text, Budget(Limits(**limits))))


@pytest.mark.parametrize("eol", [b"\n", b"\r\n"])
def test_a_file_in_a_text_is_decoded(eol):
    octets = bytes(range(256))

    (found,) = files(b"Hello" + eol + encoded(octets, b"my file.exe", eol) + b"Bye" + eol)

    assert (found.name, found.octets) == (b"my file.exe", octets)


def test_each_of_several_files_is_found():
    found = files(encoded(b"one", b"1") + encoded(b"two", b"2"))

    assert [(each.name, each.octets) for each in found] == [(b"1", b"one"), (b"2", b"two")]


@pytest.mark.parametrize(
    "text",
    [
        b"begin 644 a\n",
        b"begin at 644 a\n#86)C\n",
        b"we begin 644 a\n#86)C\n",
        b"begin 644\n#86)C\n",
        b"begin 644 a\nnot in the code\xff\n",
    ],
)
def test_what_only_looks_like_a_file_is_none(text):
    assert files(text) == []


@pytest.mark.parametrize(
    "begin",
    [
        b"BEGIN 644 a",
        b"begin\t0\ta",
        b"begin 999 a",
        b"Begin 0000644 a",
        b"begin 644 a\n",
        b"begin 644 a\r\n \r",
    ],
)
def test_a_first_line_is_read_tolerantly(begin):
    (found,) = files(b"Hello\n" + begin + b"\n#86)C\n`\nend\n")

    assert (found.name, found.octets) == (b"a", b"abc")


@pytest.mark.parametrize("more", [0, 1])
def test_so_many_first_lines_without_a_file_are_passed_over(more):
    found = files(b"begin 644 a\n" * (uu.BEGINS + more) + encoded(b"abc", b"b"))

    assert [(each.name, each.octets) for each in found] == [[(b"b", b"abc")], [(b"", b"")]][more]


def test_a_file_without_its_end_gives_what_is_there():
    (found,) = files(b"begin 644 a\n#86)C\n#86)C")

    assert found.octets == b"abcabc"


def test_blanks_that_were_lost_at_a_line_end_are_made_up_for():
    (found,) = files(b"begin 644 a\n#    \n".replace(b"    ", b"") + b"`\n")

    assert found.octets == bytes(3)


def test_what_is_decoded_is_charged_before_there_is_much_of_it():
    text = encoded(bytes(45 * 5000))

    assert len(files(text, octets=45 * 5000)[0].octets) == 45 * 5000
    with pytest.raises(OverBudget) as over:
        files(text, octets=45 * 5000 - 1)
    assert over.value.class_ == "octets"


def test_a_file_over_the_limit_of_a_part_is_stopped():
    with pytest.raises(OverBudget) as over:
        files(encoded(bytes(45 * 5000)), part_octets=1000)
    assert over.value.class_ == "part_octets"


@pytest.mark.parametrize(("limit", "fits"), [(900, True), (899, False)])
def test_a_short_file_is_held_to_the_limit_of_a_part_as_well(limit, fits):
    if fits:
        assert len(files(encoded(bytes(900)), part_octets=limit)[0].octets) == 900
        return
    with pytest.raises(OverBudget) as over:
        files(encoded(bytes(900)), part_octets=limit)
    assert over.value.class_ == "part_octets"


def test_what_is_called_uuencoded_and_holds_no_file_is_read_as_what_it_looks_like(read, write):
    head = write.typed + b"Content-Transfer-Encoding: uuencode\r\n"

    seen = read(write.with_header(head))

    assert write.hidden_in(seen)
    assert seen.odd == ["unknown_transfer_encoding"]


def test_each_file_of_an_uuencoded_body_is_a_member_with_its_name(read):
    body = b"Hello\n" + encoded(b"one", b"1.txt") + b"begin 2.js\n#86)C\n`\nend\n"

    seen = read(b"Content-Type: a/b; name=1.pdf\nContent-Transfer-Encoding: x-uuencode\n\n" + body)

    assert seen.paths == ["1", "1/uu:2.js"]
    assert (seen.at("1").name, seen.at("1").names) == ("1.pdf", ("1.txt",))
    assert (seen.octets("1"), seen.octets("1/uu:2.js")) == (b"one", b"abc")


@pytest.mark.parametrize("name", [b"x-uuencode", b"uuencode", b"x-uue", b"uue"])
def test_a_body_without_names_takes_that_of_its_file(name, read):
    seen = read(b"Content-Transfer-Encoding: " + name + b"\n\n" + encoded(b"one", b"a.js"))

    assert (seen.at("1").name, seen.octets("1")) == ("a.js", b"one")


def test_an_uuencoded_body_may_lack_its_first_line(read):
    seen = read(b"Content-Transfer-Encoding: uue\n\n" + binascii.b2a_uu(b"no begin"))

    assert seen.octets("1") == b"no begin"
