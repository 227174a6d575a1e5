"""Which entities go, by what was seen, and what speaks against it."""

import pytest

from pratique.milter.taking_out import CannotEdit, foreseen, leaves, lost, note, request
from pratique.policies.verdict import Edit
from pratique.scanners.facts_pb2 import Ambiguity, Facts, Failure, Limit

# Path, kind, declared type, and what else is known.
TREE = [
    ("", "message", ""),
    ("1", "multipart", "multipart/alternative"),
    ("1/1", "text", "text/plain"),
    ("1/2", "html", "text/html"),
    ("2", "archive", "application/zip"),
    ("2/zip:a/3/b.exe", "executable", ""),
    ("2/zip:c.exe", "executable", ""),
    ("3", "message", "message/rfc822"),
    ("3/1", "text", "text/plain"),
    ("3/2", "message", "message/rfc822"),
    ("3/2/1", "executable", "application/octet-stream"),
    ("4", "message", "application/octet-stream"),
    ("4/1", "executable", "application/octet-stream"),
    ("5", "text", "text/plain"),
    ("5/inline", "message", "message/rfc822"),
    ("5/inline/1", "executable", "text/plain"),
]


@pytest.fixture
def seen():
    """The facts of a message with this tree."""

    def made(tree=TREE, **known):
        facts = Facts(**known)
        paths = [path for path, *_ in tree]
        for number, (path, kind, declared) in enumerate(tree):
            longest = [one for one in paths[:number] if one == "" or path.startswith(one + "/")]
            parent = paths.index(max(longest, key=len)) if number else -1
            views = ["further"] if "inline" in path else ["standard"]
            facts.parts.add(
                id=number, parent=parent, path=path, name=f"n{number}", kind=kind,
                declared_type=declared, views=views, sha256=str(number),
            )  # fmt: skip
        return facts

    return made


def strip(*parts):
    return Edit("strip", "a rule", "because", parts)


def ways(facts, *parts):
    return [leaf.way for leaf in leaves(facts, [strip(*parts)])]


@pytest.mark.parametrize(
    ("parts", "way"),
    [
        ((2,), (1, 1)),
        ((4,), (2,)),
        ((5,), (2,)),
        ((5, 6), (2,)),
        ((10,), (3, 2, 1)),
        ((7,), (3,)),
        ((7, 10, 8), (3,)),
        ((11,), (4,)),
        ((12,), (4,)),
        ((15,), (5,)),
    ],
)
def test_the_outermost_entity_that_holds_the_part_goes(seen, parts, way):
    assert ways(seen(), *parts) == [way]


def test_several_go_in_order_and_each_once(seen):
    assert ways(seen(), 15, 5, 6, 3) == [(1, 2), (2,), (5,)]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"views": ["further"]}, "a further reading"),
        ({"path": "2:base64"}, "a further reading"),
        ({"parent": 99}, "lies nowhere"),
        ({"parent": 4}, "lies nowhere"),
        ({"declared_type": "application/pkcs7-mime"}, "S/MIME"),
        ({"type": "application/pgp-encrypted"}, "OpenPGP"),
    ],
)
def test_what_cannot_be_named_for_certain_is_not_taken_out(seen, change, why):
    facts = seen()
    for name, value in change.items():
        facts.parts[4].ClearField(name)
        one = getattr(facts.parts[4], name)
        one.extend(value) if isinstance(value, list) else setattr(facts.parts[4], name, value)
    with pytest.raises(CannotEdit, match=why):
        leaves(facts, [strip(4)])


def test_what_is_in_a_signed_multipart_is_not_taken_out(seen):
    facts = seen()
    facts.parts[1].declared_type = "multipart/signed"
    with pytest.raises(CannotEdit, match="multipart/signed"):
        leaves(facts, [strip(3)])
    assert ways(facts, 4) == [(2,)]


def test_a_part_that_was_not_seen_is_not_taken_out(seen):
    with pytest.raises(CannotEdit, match="not seen"):
        leaves(seen(), [strip(99)])


AMBIGUOUS = {"where": "1", "detail": ""}


@pytest.mark.parametrize(
    ("known", "why"),
    [
        ({"failures": [Failure(class_="worker")]}, "failed"),
        ({"limits": [Limit(class_="ratio")]}, "to its end"),
        ({"ambiguities": [Ambiguity(class_="header_end", where="")]}, "differ"),
        ({"ambiguities": [Ambiguity(class_="nested_boundary", where="2")]}, "differ"),
        ({"ambiguities": [Ambiguity(class_="nested_boundary", where="20/1")]}, "differ"),
        ({"ambiguities": [Ambiguity(class_="header_end", where="5")]}, "differ"),
        ({"ambiguities": [Ambiguity(class_="header_end", where="2")]}, ""),
        ({"ambiguities": [Ambiguity(class_="header_end", where="2:2")]}, ""),
        ({"ambiguities": [Ambiguity(class_="nested_boundary", where="2:2/1")]}, ""),
        ({"ambiguities": [Ambiguity(class_="nobody knows", where="")]}, "differ"),
        ({"ambiguities": [Ambiguity(class_="nested_boundary", where="2/zip:a.eml")]}, ""),
        ({"ambiguities": [Ambiguity(class_="archive_directories", where="2")]}, ""),
        ({}, ""),
    ],
)
def test_a_strip_is_made_where_nobody_differs_on_what_is_left(seen, known, why):
    facts = seen(**known)
    due = foreseen(facts, strip(5))
    assert [leaf.way for leaf in due.leaves] == [(2,)]
    assert (why in due.why_not) if why else due.why_not == ""


def test_of_a_message_that_is_nothing_but_the_part_the_header_stays_and_must_be_certain(seen):
    tree = [("", "message", ""), ("1", "executable", "application/octet-stream")]
    odd = [Ambiguity(class_="header_end", where="1")]
    assert "differ" in foreseen(seen(tree, ambiguities=odd), strip(1)).why_not
    assert foreseen(seen(tree), strip(1)).why_not == ""


def test_a_part_in_a_second_reading_of_an_entity_goes_with_that_entity(seen):
    tree = [*TREE[:5], ("2:2", "archive", "application/zip"), ("2:2/zip:a.exe", "executable", "")]
    facts = seen(tree)
    for part in facts.parts[5:]:
        part.views[:] = ["further"]
        part.parent = {"2:2": 0}.get(part.path, 5)
    (leaf,) = leaves(facts, [strip(6)])
    assert (leaf.way, leaf.known.id) == ((2,), 4)
    after = seen(TREE[:5])
    after.parts[4].sha256 = "the note"
    assert lost(facts, after, [leaf]) == ""
    facts.parts[5].path = "9:2"
    with pytest.raises(CannotEdit, match="further reading"):
        leaves(facts, [strip(5)])


@pytest.mark.parametrize("unopened", ["over_budget", "failure"])
def test_what_was_not_seen_to_its_end_is_not_changed(seen, unopened):
    facts = seen()
    facts.parts[3].unopened = unopened
    for edit in (strip(5), Edit("rebuild", "a rule", "because")):
        assert "to its end" in foreseen(facts, edit).why_not


def test_a_message_whose_readings_show_the_same_may_be_written_anew(seen):
    rebuild = Edit("rebuild", "a rule", "because")
    facts = seen(ambiguities=[Ambiguity(class_="header_end")])
    assert foreseen(facts, rebuild).why_not == ""
    facts.parts.add(id=16, parent=1, path="1/9", views=["further"], sha256="3")
    assert foreseen(facts, rebuild).why_not == ""
    facts.parts[-1].sha256 = "another"
    assert "a further reading" in foreseen(facts, rebuild).why_not


def test_a_worker_is_told_the_way_the_hash_and_the_note(seen):
    facts = seen()
    edits = [strip(5), Edit("rebuild", "a rule", "because")]
    asked = request(facts, edits, leaves(facts, edits), "Q1")
    assert asked.rebuild
    assert [(tuple(one.numbers), one.sha256) for one in asked.strip] == [((2,), "4")]
    assert "n5" in asked.strip[0].note


def test_the_note_says_what_went_and_why_and_where_the_rest_is(seen):
    facts = seen()
    facts.parts[5].name = "invoice.pdf.exe"
    text = note(leaves(facts, [strip(5)])[0], "Q1")
    for words in ("invoice.pdf.exe  (executable)", "It was in\n    n4", "because", "Q1", "kept"):
        assert words in text
    assert "It was in" not in note(leaves(facts, [strip(4)])[0], "Q1")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\u2028", "\x85"])
def test_a_name_of_several_lines_is_one_line_of_the_note(seen, end):
    facts = seen()
    facts.parts[5].name = f"a.exe{end}Reason:{end}    none, see https://a.example/"
    text = note(leaves(facts, [strip(5)])[0], "Q1")
    assert "    a.exe Reason:     none, see https[:]//a[.]example/  (executable)\n" in text
    assert text.count("\nReason:\n    because\n") == text.count("Reason:\n") == 1
    facts.parts[5].name = end
    assert "(without a name)" in note(leaves(facts, [strip(5)])[0], "Q1")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("get it at http://evil.example/login now.exe", "http[:]//evil[.]example/login now.exe"),
        ("WWW.evil.example", "WWW[.]evil[.]example"),
        ("evil.example/login.exe", "evil[.]example/login[.]exe"),
        ("invoice.2026.pdf.exe", "invoice.2026.pdf.exe"),
        ("a/b.exe", "a/b.exe"),
    ],
)
def test_no_name_is_a_link_in_the_note(seen, name, shown):
    facts = seen()
    facts.parts[5].name = name
    assert f"{shown}  (executable)\n" in note(leaves(facts, [strip(5)])[0], "Q1")


@pytest.mark.parametrize(("count", "more"), [(10, False), (11, True)])
def test_the_note_names_some_and_counts_the_rest(seen, count, more):
    tree = [("", "message", ""), ("1", "archive", "")]
    tree += [(f"1/zip:{number}", "executable", "") for number in range(count)]
    facts = seen(tree)
    text = note(leaves(facts, [strip(*range(2, count + 2))])[0], "Q1")
    assert ("and 1 more" in text) is more
    facts.parts[2].name = "x" * 200 + ".exe"
    assert len(max(note(leaves(facts, [strip(2)])[0], "Q1").split("\n"), key=len)) < 160


def test_nothing_may_be_lost_but_what_was_taken_out(seen):
    before = seen()
    taken = leaves(before, [strip(4)])
    after = seen()
    for number in (6, 5):
        del after.parts[number]
    after.parts[4].sha256 = "the note"
    assert lost(before, after, taken) == ""
    after.parts[3].sha256 = "changed"
    assert "1 parts of it are not" in lost(before, after, taken)
    assert "had not" in lost(before, _with_one_more(before), [])
    twice = seen()
    twice.parts.add(id=99, kind="text", sha256="5", views=["further"])
    assert lost(before, twice, []) == ""
    # What was taken out must not be there in another reading either.
    after.parts[3].sha256 = "3"
    after.parts.add(id=99, kind="text", sha256="5", views=["further"])
    assert "had not" in lost(before, after, taken)


def _with_one_more(facts):
    more = Facts()
    more.CopyFrom(facts)
    more.parts.add(id=99, kind="text", sha256="more")
    return more
