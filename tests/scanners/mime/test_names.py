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

    assert reading == ("\ufffd.exe", b"\xff.exe", True, False)


@pytest.mark.parametrize(
    ("disposition", "type_", "told"),
    [
        (b"attachment; filename=a.exe", b"a/b; name=a.pdf", "exe and pdf"),
        (b"attachment; filename=a.PDF", b"a/b; name=b.pdf", ""),
        (b"attachment; filename=a.exe", b"a/b; name=a", ""),
        (b'attachment; filename="=?utf-8?q?a=2Epdf?="', b"", ""),
        (b"attachment; filename=my.invoice a.exe", b"", ""),
        (b'attachment; filename="Re. what we said"', b"a/b; name=a.pdf", ""),
    ],
)
def test_names_conflict_only_where_they_say_different_kinds(disposition, type_, told):
    assert names(disposition, type_).conflict() == told


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
