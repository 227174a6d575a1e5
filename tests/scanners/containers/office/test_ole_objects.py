"""Packages and objects of OLE 1, each name and each octet."""

import pytest

from pratique.scanners.containers.office.ole_objects import ansi, first_version, last_step, native


def of(sample, **more):
    return sample("ole").package("invoice.exe", b"MZ...", **more)


def test_a_package_gives_its_octets_and_each_of_its_names(sample):
    held = native(memoryview(of(sample)))

    assert (bytes(held.octets), held.why) == (b"MZ...", "")
    assert held.names[0] == "invoice.exe"
    assert "C:\\a\\invoice.exe" in held.names
    assert "C:\\Users\\a\\AppData\\Local\\Temp\\invoice.exe" in held.names


def test_the_names_in_wide_letters_are_read_too(sample):
    octets = of(sample, wide=True).replace(
        "invoice.exe".encode("utf-16-le"), "invoice.scr".encode("utf-16-le")
    )

    assert "invoice.scr" in native(memoryview(octets)).names


def test_a_package_that_is_cut_off_says_so_and_gives_what_is_there(sample):
    held = native(memoryview(of(sample)[:-2]))

    assert bytes(held.octets) == b"MZ."
    assert held.why == "3 of 5 octets are there"


def test_what_is_no_package_is_some_programs_own():
    held = native(memoryview(b"\3\0\0\0abcdef"))

    assert (bytes(held.octets), held.names, held.why) == (b"abc", (), "")


def test_a_package_that_is_only_a_link_is_elsewhere():
    inside = b"\2\0a.exe\0\\\\host\\a.exe\0" + b"\0\0\1\0"
    member = native(memoryview(len(inside).to_bytes(4, "little") + inside)).member("ole")

    assert (member.unopened, member.name) == ("elsewhere", "a.exe")
    assert "\\\\host\\a.exe" in member.names


def test_an_object_of_the_first_version_has_a_class_and_octets(sample):
    held = first_version(memoryview(sample("rtf").first_version(b"Word.Document.8", b"inside")))

    assert held is not None
    assert (held.class_, bytes(held.octets)) == ("Word.Document.8", b"inside")


def test_a_linked_object_of_the_first_version_is_elsewhere():
    topic = b"http://host.example/a.hta\0"
    octets = (
        b"\1\5\0\0" + b"\1\0\0\0" + b"\x08\0\0\0Package\0"
        + len(topic).to_bytes(4, "little") + topic + bytes(4)
    )  # fmt: skip
    held = first_version(memoryview(octets))

    assert held is not None
    assert held.linked
    assert held.names == ("http://host.example/a.hta",)


@pytest.mark.parametrize("octets", [b"", b"\1\5\0\0\2\0\0\0\xff\xff\xff\xff", bytes(40)])
def test_what_is_no_object_is_none(octets):
    assert first_version(memoryview(octets)) is None


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        (b"a.exe", ["a.exe"]),
        ("請求書.exe".encode("cp932"), "請求書.exe"),
        ("é.exe".encode("cp1252"), "é.exe"),
        ("é.exe".encode(), "é.exe"),
    ],
)
def test_names_are_read_in_each_likely_code_page(raw, names):
    assert names in (ansi(raw), *ansi(raw))


@pytest.mark.parametrize("path", ["C:\\a\\b.exe", "/a/b.exe", "b.exe", "a\\b.exe/"])
def test_the_last_step_of_a_path_is_a_files_name(path):
    assert last_step(path) == "b.exe"
