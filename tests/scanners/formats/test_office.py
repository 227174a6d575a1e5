"""Locked documents of Office, opened by a word of the message or by one that everybody knows."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.formats.office import KNOWN, Office
from pratique.scanners.part import Part

TEXT = b"PK\3\4" + b"The quick brown fox" * 300


@pytest.fixture
def office(samples):
    return samples("office")


@pytest.mark.parametrize("word", KNOWN)
def test_what_programs_open_without_asking_is_opened(word, office, open_with):
    opened = open_with(Office(), office.agile(TEXT, word), name="a.xlsx")

    assert opened.called == {"a.xlsx": TEXT}
    assert (opened.known.password, opened.known.encrypted) == (word, True)
    assert (opened.members[0].password, opened.known.unopened) == (word, "")


def test_a_document_that_is_not_locked_has_nothing_for_it(samples, open_with):
    octets = samples("ole").good(TEXT)
    opened = open_with(Office(), octets)

    assert (opened.members, opened.known.unopened, opened.known.encrypted) == ([], "", False)
    assert not Office().locked(Part(facts.Part(), memoryview(octets)))


def test_rights_that_a_server_gives_open_with_no_word(office, open_with):
    octets = office.compound({"EncryptedPackage": bytes(100)})
    opened = open_with(Office(), octets, passwords=("a",))

    assert (opened.known.unopened, opened.known.encrypted) == ("document_password", True)
    assert "rights" in opened.known.why


def test_what_is_locked_in_an_unknown_way_says_so(office, open_with):
    octets = office.compound({"EncryptedPackage": bytes(8), "EncryptionInfo": b"\x09\0\x09\0"})

    assert Office().locked(Part(facts.Part(), memoryview(octets)))
    assert open_with(Office(), octets).known.unopened == "document_password"


def test_a_package_that_is_cut_off_is_unreadable(office, open_with):
    opened = open_with(Office(), office.agile(TEXT, KNOWN[0])[:-4096])

    assert opened.known.unopened == "unreadable"


def test_the_word_that_opened_one_is_a_fact_of_the_message(bounces, see, office):
    locked = office.agile(TEXT, "Tr0ub4dor&3")
    text = b"Content-Type: text/plain\n\nThe password is: Tr0ub4dor&3\n"
    known = see(bounces.multipart(text, bounces.file("a.xlsx", locked)))
    by_path = {part.path: part for part in known.parts}

    assert by_path["2"].password == "Tr0ub4dor&3"
    assert by_path["2"].unopened == ""
    assert by_path["2/office:a.xlsx"].password == "Tr0ub4dor&3"
