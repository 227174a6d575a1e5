"""Every name that some program would show is found."""

import pytest

from pratique.scanners.mime.fields import read_value
from pratique.scanners.mime.names import NAME_OCTETS, NAMES, read_names


def names(disposition=b"", type_=b""):
    return read_names([read_value(disposition)], [read_value(type_)])


def texts(*fields):
    return [each.text for each in names(*fields).readings]


@pytest.mark.parametrize(
    ("disposition", "type_", "wanted"),
    [
        (b"attachment; filename=a.exe", b"", ["a.exe"]),
        (b"", b"a/b; name=a.exe", ["a.exe"]),
        (b"attachment; filename=a.exe", b"a/b; name=a.exe", ["a.exe"]),
        (b"attachment; filename=a.exe", b"a/b; name=b.pdf", ["a.exe", "b.pdf"]),
        (b"attachment; filename=a.txt; filename*=utf-8''%61.exe", b"", ["a.exe", "a.txt"]),
        (b"attachment; filename=a.txt; filename=b.exe", b"", ["a.txt", "b.exe"]),
        (b"attachment; filename=my a.exe", b"", ["my a.exe", "my"]),
        (b"attachment; name=a.exe", b"a/b; filename=b.exe", ["a.exe", "b.exe"]),
        (b'filename="a.exe"', b"", ["a.exe"]),
        (b"filename=a.exe; size=1", b"name=b.exe", ["a.exe", "b.exe"]),
        (b'attachment; filename="a".exe', b"", ["a.exe", "a"]),
        (b'attachment; filename="a."exe"', b"", ["a.exe", "a.", "a"]),
        (b'attachment; filename="a".exe; size=1', b"", ["a.exe", "a"]),
        (b'attachment; filename="a.exe" (said so); size=1', b"", ["a.exe"]),
        (b'attachment; filename=a"b.exe"', b"", ['a"b.exe"', "ab.exe"]),
        (b'attachment; filename="a.e\r\n\txe"', b"", ["a.e\txe", "a.exe"]),
        (b"attachment; filename*00000=a; filename*000001=.exe", b"", ["a.exe"]),
        (b"attachment; filename=a%2Eexe", b"", ["a%2Eexe", "a.exe"]),
        (b'attachment; filename="=?utf-8?q?a=2Eexe?="', b"", ["a.exe", "=?utf-8?q?a=2Eexe?="]),
        (b'attachment; filename="a.exe. . "', b"", ["a.exe. .", "a.exe"]),
        (b"attachment; filename*0=inv; filename*1=oice.exe", b"", ["invoice.exe"]),
        (b'attachment; filename=""', b"a/b; name=x", ["x"]),
        (b"attachment", b"a/b", []),
        (b"attachment; filename*=iso-2022-jp''%1B$B%40A5a=q%1B%28B.exe", b"", ["請求書.exe"]),
    ],
)
def test_all_names_are_given_the_usual_one_first(disposition, type_, wanted):
    assert texts(disposition, type_) == wanted


def test_a_name_with_a_bad_octet_keeps_its_octets():
    (reading,) = names(b'attachment; filename="\xff.exe"').readings

    assert reading[:4] == ("\ufffd.exe", b"\xff.exe", True, False)


@pytest.mark.parametrize(
    ("disposition", "type_", "told"),
    [
        (b"attachment; filename=a.exe", b"a/b; name=a.pdf", "exe and pdf"),
        (b"attachment; filename=a.PDF", b"a/b; name=b.pdf", ""),
        (b"attachment; filename=a.exe", b"a/b; name=a", ""),
        (b'attachment; filename="=?utf-8?q?a=2Epdf?="', b"", ""),
        (b'attachment; filename="Report 2.0.pdf"', b'a/b; name="Report 2.0"', ""),
        (b'attachment; filename="a.exe"', b'a/b; name="a.mp3"', "exe and mp3"),
        (b"attachment; filename=my.invoice a.exe", b"", ""),
        (b'attachment; filename="Re. what we said"', b"a/b; name=a.pdf", ""),
    ],
)
def test_names_conflict_only_where_they_say_different_kinds(disposition, type_, told):
    assert names(disposition, type_).conflict() == told


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"=?utf-8?B?YS5leGU=?", "a.exe"),
        (b"=?utf-8?B?YS5leGU=", "a.exe"),
        (b"=??B?YS5leGU=?=", "a.exe"),
        (b"=?utf-8?Q?=3D=3Futf-8=3FB=3FYS5leGU=3D=3F=3D?=", "a.exe"),
        (b"=?" + b"x" * 90 + b"?q?a.exe?=", "a.exe"),
    ],
)
def test_a_broken_encoded_word_is_read_leniently_too_and_is_told(name, shown):
    read = names(b'attachment; filename="' + name + b'"')

    assert shown in [each.text for each in read.readings]
    assert (read.broken(), read.conflict()) == ("exe", "")


@pytest.mark.parametrize("name", [b"=?utf-8?q?a=2Eexe?=", b"what =? is this.exe", b"a.exe"])
def test_a_whole_encoded_word_is_not_told_as_broken(name):
    assert names(b'attachment; filename="' + name + b'"').broken() == ""


def test_as_many_names_as_allowed_are_kept():
    value = b"attachment" + b"".join(b"; filename=%d" % number for number in range(NAMES))

    assert (len(texts(value)), names(value).cut) == (NAMES, "")
    assert (len(texts(value + b"; filename=x")), bool(names(value + b"; filename=x").cut)) == (
        NAMES,
        True,
    )


def test_a_name_as_long_as_allowed_is_whole_and_a_longer_one_shows_its_end():
    whole = names(b"attachment; filename=" + b"a" * (NAME_OCTETS - 4) + b".exe")
    longer = names(b"attachment; filename=" + b"a" * (NAME_OCTETS - 3) + b".exe")

    assert (len(whole.readings), whole.cut) == (1, "")
    assert longer.cut
    assert longer.readings[1].text.endswith("a.exe")


@pytest.mark.parametrize(
    "disposition",
    [
        b'a; filename="=?utf-8?B?YS5leGU=?="',
        b"a; filename=my invoice.exe",
        b"a; filename*=utf-8''annexe%E2%80%AEgpj.exe",
        b"a; filename*=utf-8''photo%E2%80%AEtxt.jpg",
        b'a; filename="a.exe. . "',
        b'a; filename="a.exe::$DATA"',
        b"a; filename*=utf-8''a%EF%BC%8Eexe",
        b"a; filename*=utf-8''a.e%E2%80%8Bxe",
        b"a; filename*=utf-8''a.exe%00.txt",
    ],
)
def test_a_name_that_runs_and_is_not_shown_so_by_all_is_odd(disposition):
    assert names(disposition).odd()


@pytest.mark.parametrize(
    "disposition",
    [
        b"a; filename=a.exe",
        b'a; filename="my invoice.exe"',
        b'a; filename="=?utf-8?B?YS5wZGY=?="',
        b"a; filename=my invoice.pdf",
        b"a; filename*=utf-8''r%C3%A9sum%C3%A9.pdf",
        b"a; filename*=utf-8''%D7%A9%D7%9C%D7%95%D7%9D.pdf",
        b'a; filename="Minutes of 1. and 2."',
        b'a; filename="archive.tar.gz"',
        b"a",
    ],
)
def test_a_name_that_is_read_alike_or_runs_nothing_is_not(disposition):
    assert names(disposition).odd() == ""


@pytest.mark.parametrize(("name", "odd"), [(b"load.exe", ["odd_name"]), (b"load.pdf", [])])
def test_a_name_that_is_folded_within_its_quotes_is_odd_if_it_runs(name, odd, read):
    seen = read(b'Content-Disposition: a; filename="pay\r\n ' + name + b'"\r\n\r\nx')

    assert seen.at("1").name == "pay " + name.decode()
    assert seen.odd == odd


def test_a_name_is_shown_up_to_its_nul_and_without_it(read):
    member = read(b'Content-Disposition: a; filename="a.exe\0.txt"\r\n\r\nx').at("1")

    assert {"a.exe", "a.exe.txt"} <= {member.name, *member.names}


@pytest.mark.parametrize(
    "field",
    [b'filename="run.\r\n exe"', b"filename='run.exe'", b'filename="run\r\n .exe"'],
)
def test_a_name_is_also_read_without_a_folds_blank_and_without_single_quotes(field, read, write):
    seen = read(write.with_header(b"Content-Disposition: attachment; " + field + b"\r\n", b"x\r\n"))

    assert "run.exe" in seen.at("2").names


@pytest.mark.parametrize("name", [b"Dr Smith.pdf", b"v 1.2 final.pdf", b"run.exe"])
def test_an_ordinary_name_has_one_reading(name, read, write):
    field = b'Content-Disposition: attachment; filename="' + name + b'"\r\n'

    seen = read(write.with_header(field, b"x\r\n"))

    assert (seen.at("2").name, seen.at("2").names) == (name.decode(), ())
