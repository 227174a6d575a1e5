"""Locked OpenDocument: every member, and one word for all."""

import pytest

from pratique.scanners.formats.odf import Odf

TEXT = b"The quick brown fox" * 100


@pytest.fixture
def odf(samples):
    return samples("odf")


def document(odf, files, word="secret"):
    held = {name: odf.locked(octets, word) for name, octets in files.items()}
    manifest = "".join(
        odf.entry(name, len(files[name]), proof) for name, (_, proof) in held.items()
    )
    return odf.document(manifest, {name: hidden for name, (hidden, _) in held.items()})


def test_one_word_opens_all(odf, open_with):
    files = {"content.xml": TEXT, "Pictures/a.exe": b"MZ" * 900}
    opened = open_with(Odf(), document(odf, files), passwords=("x", "secret"))

    assert opened.called == files
    assert opened.known.password == "secret"


def test_a_document_that_is_not_locked_has_nothing_for_it(odf, open_with):
    opened = open_with(Odf(), odf.document("", {"content.xml": TEXT}))

    assert (opened.members, opened.known.unopened, opened.known.encrypted) == ([], "", False)


def test_a_member_that_the_word_does_not_open_says_so(odf, open_with):
    hidden, proof = odf.locked(TEXT, "other")
    first, first_proof = odf.locked(b"a", "secret")
    manifest = odf.entry("a", 1, first_proof) + odf.entry("b", len(TEXT), proof)
    octets = odf.document(manifest, {"a": first, "b": hidden})
    opened = open_with(Odf(), octets, passwords=("secret",))

    assert [one.unopened for one in opened.members] == ["", "document_password"]


def test_a_locked_package_is_one_member(odf, open_with, make_zip):
    package = make_zip({"content.xml": TEXT})
    hidden, proof = odf.hidden(package, "secret")
    octets = odf.document(odf.entry("encrypted-package", 1, proof), {"encrypted-package": hidden})
    opened = open_with(Odf(), octets, passwords=("secret",))

    assert opened.called == {"encrypted-package": package}


def test_a_member_that_is_damaged_is_unreadable(odf, open_with):
    hidden, proof = odf.hidden(b"\xff" * 100, "secret")
    octets = odf.document(odf.entry("a", 1, proof), {"a": hidden})
    opened = open_with(Odf(), octets, passwords=("secret",))

    assert opened.members[0].unopened == "unreadable"
    assert opened.known.unopened == "unreadable"
