"""Which readers are asked; and the walk where a part has several, or is locked for a while."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.carried import Carried
from pratique.scanners.formats import FORMATS
from pratique.scanners.keys import TRIES
from pratique.scanners.mime import Mime
from pratique.scanners.openers import KEPT, Openers
from pratique.scanners.part import Member, Part


class Tail:
    """Gives the last octet before ")" of what ends with "!)", as a further reader might."""

    name = "tail"

    def __init__(self, how="within"):
        self.how = how

    def recognize(self, part):
        return self.how if bytes(part.octets).endswith(b"!)") else ""

    def members(self, part, budget):
        yield Member("tail", part.octets[-2:-1], name="tail")


class Safe:
    """A box whose members are seen only by whoever says the word: "<...>"."""

    name = "safe"

    def __init__(self, box):
        self.box = box

    def recognize(self, part):
        return "whole" if bytes(part.octets[:1]) == b"<" else ""

    def locked(self, part):
        return b"?" not in bytes(part.octets)

    def members(self, part, budget):
        return self.box.members(part, budget)

    def unlock(self, part, budget, keys):
        inside = memoryview(b"(" + bytes(part.octets[1:-1]) + b")")
        for word in keys.words(0.001):
            if word == "sesame":
                keys.opened(word)
                for found in self.box.members(Part(part.known, inside), budget):
                    found.password, found.encrypted = word, True
                    yield found
                return
        yield Member("closed", encrypted=True, unopened="archive_password")


def test_every_reader_that_recognizes_a_part_opens_it_in_order(walk, box):
    heard = walk(b"(a b!)", readers=[box, Tail()])

    assert [(part.path, list(part.inside)) for part in heard.parts.values()] == [
        ("", []),
        ("0", ["message"]),
        ("1", ["message"]),
        ("tail", ["message"]),
    ]


@pytest.mark.parametrize(("how", "unopened"), [("whole", {}), ("within", {0: "unreadable"})])
def test_what_only_lies_within_a_part_does_not_open_it(walk, how, unopened):
    assert walk(b"hello!)", readers=[Tail(how)]).unopened() == unopened


@pytest.mark.parametrize("broken", [b"(bug!)", b"(bomb !)", b"(memory !)"])
def test_when_one_reader_fails_the_others_open_the_part_all_the_same(walk, box, broken):
    heard = walk(broken, readers=[box, Tail()])

    assert [part.path for part in heard.parts.values()][-1] == "tail"


def test_past_a_limit_of_the_whole_no_other_reader_is_asked(walk, box):
    heard = walk(b"(a b!)", readers=[box, Tail()], parts=3)

    assert [part.path for part in heard.parts.values()] == ["", "0", "1"]
    assert heard.unopened() == {0: "over_budget"}


def test_what_is_locked_waits_until_every_word_was_seen(walk, box):
    heard = walk(b"(<secret> b (sesame))", readers=[box, Safe(box)])

    paths = [part.path for part in heard.parts.values()]
    assert paths == ["", "0", "1", "2", "2/0", "0/0"]
    assert (heard.parts[5].name, heard.parts[5].password) == ("secret", "sesame")
    assert heard.parts[5].encrypted
    assert list(heard.parts[5].inside) == ["message", "safe"]


def test_what_no_word_opens_stays_closed_and_says_so(walk, box):
    heard = walk(b"(<secret> b)", readers=[box, Safe(box)])

    assert heard.unopened() == {3: "archive_password"}


def test_what_is_not_locked_does_not_wait(walk, box):
    heard = walk(b"(<secret?> b)", readers=[box, Safe(box)])

    assert [part.path for part in heard.parts.values()][:3] == ["", "0", "0/0"]


def test_what_waits_when_a_limit_ends_the_walk_is_over_budget(walk, box):
    heard = walk(b"(<secret> b c d)", readers=[box, Safe(box)], parts=4)

    assert heard.unopened() == {0: "over_budget", 1: "over_budget"}


def test_words_that_were_not_tried_any_more_are_a_limit(walk, box):
    words = [f"word{number}" for number in range(TRIES + 1)]
    all_tried = walk(b"(<secret>)", readers=[box, Safe(box)], passwords=words[: TRIES // 2])
    one_more = walk(b"(<secret>)", readers=[box, Safe(box)], passwords=words)

    assert all_tried.limits() == []
    assert one_more.limits() == [("passwords", 1)]


EVERY = [*(form() for form in FORMATS), Carried(), Mime()]
KINDS = ["", "text", "message", "image", "executable", "other", "archive", "document", "audio"]
TYPES = sorted({type_ for form in FORMATS for type_ in getattr(form, "types", ())})


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
@pytest.mark.parametrize("kind", KINDS)
def test_whoever_is_not_asked_would_have_said_no(form, kind):
    openers = Openers(EVERY)
    for octets in (form.smallest, b"\x89PNG\r\n\x1a\n" + form.smallest):
        for type_ in ("", "image/png", "text/plain", "application/octet-stream", *TYPES):
            part = Part(facts.Part(id=1, type=type_, kind=kind), memoryview(octets))
            asked = list(openers(part))

            assert [one.name for one in EVERY if one not in asked and one.recognize(part)] == []


NAMED = ["a.zip", "a.hqx", "a.b64", "a.htm", "a.svg", "a.pdf", "a.one", "a.exe", "a"]
DECLARED = ["text/html", "text/x-vcard", "application/zip", "application/binhex", "image/png"]


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
@pytest.mark.parametrize("name", NAMED)
def test_nor_would_whoever_goes_by_names_and_declarations(form, name):
    openers = Openers(EVERY)
    for octets in (form.smallest, b"\n" + form.smallest, b"text"):
        for declared in DECLARED:
            for kind in ("text", "html", "other"):
                known = facts.Part(id=1, name=name, declared_type=declared, kind=kind)
                part = Part(known, memoryview(octets))
                asked = list(openers(part))

                assert [one.name for one in EVERY if one not in asked and one.recognize(part)] == []


def test_a_mark_that_may_stand_in_a_part_has_its_reader_asked():
    openers = Openers(EVERY)
    known = facts.Part(id=1, type="text/plain", kind="text")

    def asked(marks):
        return {one.name for one in openers(Part(known, memoryview(b"hi"), marks=marks))}

    assert "yenc" not in asked(frozenset())
    assert "yenc" in asked(frozenset({b"=ybegin "})) & asked(None)
    # What a text carries is in no other form.
    assert "carried" not in asked(None)


def test_so_many_combinations_of_signs_are_kept_and_no_more():
    openers = Openers(EVERY)
    for number in range(KEPT + 1):
        openers(Part(facts.Part(id=1, declared_type=f"a/{number}"), memoryview(b"hi")))

    assert openers._kept.cache_info().currsize == KEPT


def test_those_who_are_asked_come_in_their_order():
    part = Part(facts.Part(id=1, type="application/zip"), memoryview(b"PK"))
    asked = list(Openers(EVERY)(part))

    assert asked == [one for one in EVERY if one in asked]


def test_few_are_asked_about_a_text():
    part = Part(facts.Part(type="text/plain", kind="text"), memoryview(b"hi"), marks=frozenset())

    assert len(list(Openers(EVERY)(part))) < len(EVERY) // 2


def test_a_reader_that_says_nothing_of_itself_is_asked_about_each_part(box):
    assert list(Openers([box])(Part(facts.Part(), memoryview(b"")))) == [box]


def test_who_can_open_what_is_locked_is_known_beforehand(box):
    safe = Safe(box)

    assert Openers([box, safe]).unlocks(safe) is safe
    assert Openers([box, safe]).unlocks(box) is None
