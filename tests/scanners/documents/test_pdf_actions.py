"""Actions of PDFs, however they hang together; what they are made of is written by hand."""

import zlib

import pytest

from pratique.scanners.budget import Budget, Limits
from pratique.scanners.documents import pdf_actions
from pratique.scanners.documents.pdf_actions import ACTIONS, NEXT, Action

END = b"trailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n"


def read(*objects, **limits):
    octets = b"%PDF-1.7\n" + b"\n".join(objects) + b"\n" + END
    return pdf_actions.read(octets, Budget(Limits(**limits)))


def actions(*objects):
    return list(read(*objects).found)


RUN = Action("JavaScript", automatic=True, script="a()")
JS = b"<</S/JavaScript/JS(a\\(\\))>>"


@pytest.mark.parametrize(
    "objects",
    [
        (b"1 0 obj<</OpenAction " + JS + b">>endobj",),
        (b"1 0 obj<</OpenAction 2 0 R>>endobj", b"2 0 obj" + JS + b"endobj"),
        (b"1 0 obj<</OpenAction<</S/JavaScript/JS 3 0 R>>>>endobj", b"3 0 obj(a\\(\\))endobj"),
        (b"1 0 obj<</AA<</O " + JS + b">>>>endobj",),
        (b"1 0 obj<</AA 2 0 R>>endobj", b"2 0 obj<</O 3 0 R>>endobj", b"3 0 obj" + JS + b"endobj"),
        (b"1 0 obj<</OpenAction<</S/GoTo/Next 2 0 R>>>>endobj", b"2 0 obj" + JS + b"endobj"),
        (b"1 0 obj<</OpenAction<</S/GoTo/Next[2 0 R]>>>>endobj", b"2 0 obj" + JS + b"endobj"),
        (b"1 0 obj<</OpenAction<</S/GoTo/Next 2 0 R>>>>endobj", b"2 0 obj[3 0 R]endobj",
         b"3 0 obj" + JS + b"endobj"),
        (b"1 0 obj<</OpenAction<</S 2 0 R/JS(a\\(\\))>>>>endobj", b"2 0 obj/JavaScript endobj"),
        (b"1 0 obj<</OpenAction 2 0 R>>endobj", b"2 0 obj<</S/GoTo>>endobj",
         b"2 0 obj" + JS + b"endobj"),
        (b"1 0 obj<</T(2 0 obj [<)/OpenAction " + JS + b">>endobj",),
        (b"1 0 obj<</T(2 0 obj null endobj 3 0 obj)%4 0 obj\n/OpenAction " + JS + b">>endobj",),
        (b"1 0 obj<</#4fpenAction " + JS.replace(b"JavaScript", b"J#61vaScript") + b">>endobj",),
    ],
)  # fmt: skip
def test_what_begins_by_itself(objects):
    assert actions(*objects) == [RUN]


@pytest.mark.parametrize(
    "objects",
    [
        (b"1 0 obj<</AA<</K " + JS + b">>>>endobj",),
        (b"1 0 obj<</A " + JS + b">>endobj",),
        (b"1 0 obj<</A<</JS(a\\(\\))>>>>endobj",),
    ],
)
def test_what_a_person_begins(objects):
    assert actions(*objects) == [Action("JavaScript")]


def test_what_lies_in_an_object_stream():
    inside = b"4 0 <</OpenAction " + JS + b">>"
    packed = zlib.compress(inside)
    stream = b"9 0 obj<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n" % len(
        packed
    )

    assert actions(stream + packed + b"\nendstream endobj") == [RUN]


def test_an_object_stream_need_not_say_that_it_is_one():
    inside = b"4 0 <</OpenAction " + JS + b">>"
    stream = b"9 0 obj<</N 1/First 4/Length %d>>stream\n" % len(inside)

    assert actions(stream + inside + b"\nendstream endobj") == [RUN]


def test_a_launch_that_stands_alone_is_told_where_nobody_finds_its_action():
    found = read(b"1 0 obj<</A<</S 2 0 R/F(cmd.exe)>>>>endobj", b"2 0 obj/Launch endobj")

    assert found.launches
    assert not read(b"1 0 obj<</T/Launch/JS(a)>>endobj", b"2 0 obj(/Launch)endobj").launches


@pytest.mark.parametrize(
    ("action", "found"),
    [
        (b"/S/Launch/F(a.exe)", Action("Launch", "a.exe")),
        (b"/S/Launch/F<</F(a.exe)>>", Action("Launch", "a.exe")),
        (b"/S/Launch/F 7 0 R", Action("Launch", "b.exe")),
        (b"/S/Launch/Win<</F(a.exe)/P(x y)>>", Action("Launch", "a.exe", "x y")),
        (b"/S/Launch/Unix<</F(a)>>", Action("Launch", "a")),
        (b"/S/Launch", Action("Launch")),
        (b"/S/GoToR/F(\\\\\\\\a\\\\b)", Action("GoToR", "\\\\a\\b")),
        (b"/S/SubmitForm/F<</FS/URL/F(http://a.example)>>",
         Action("SubmitForm", "http://a.example")),
        (b"/S/ImportData/F(a.fdf)", Action("ImportData", "a.fdf")),
    ],
)  # fmt: skip
def test_what_is_opened(action, found):
    file = b"7 0 obj<</UF(\xfe\xff\0b\0.\0e\0x\0e)>>endobj"

    assert actions(b"1 0 obj<</A<<" + action + b">>>>endobj", file) == [found]


@pytest.mark.parametrize(
    "action", [b"/S/GoTo/D[0/Fit]", b"/S/Named/N/NextPage", b"/S/Hide", b"/T 1"]
)
def test_what_stays_in_the_document_is_nothing(action):
    assert actions(b"1 0 obj<</OpenAction<<" + action + b">>/X/JS>>endobj") == []


def test_actions_that_come_next_of_each_other_end():
    assert actions(
        b"1 0 obj<</OpenAction 2 0 R>>endobj",
        b"2 0 obj<</S/Launch/F(a)/Next 3 0 R>>endobj",
        b"3 0 obj<</S/Launch/F(b)/Next 2 0 R>>endobj",
    ) == [Action("Launch", "a", automatic=True), Action("Launch", "b", automatic=True)]


@pytest.mark.parametrize(("count", "automatic"), [(NEXT, NEXT), (NEXT + 1, NEXT)])
def test_so_many_next_ones_and_no_more(count, automatic):
    chain = [
        b"%d 0 obj<</S/Launch/F(%d)/Next %d 0 R>>endobj" % (number, number, number + 1)
        for number in range(2, count + 2)
    ]
    found = actions(b"1 0 obj<</OpenAction 2 0 R>>endobj", *chain)

    assert len(found) == count
    assert sum(one.automatic for one in found) == automatic


@pytest.mark.slow
@pytest.mark.parametrize(("count", "over"), [(ACTIONS, ""), (ACTIONS + 1, "findings")])
def test_so_many_actions_and_no_more(count, over):
    said = read(*(b"%d 0 obj<</S/Launch/F(%d)>>endobj" % (each, each) for each in range(count)))

    assert (said.over.class_ if said.over else "") == over
    assert len(said.found) == count


@pytest.mark.slow
def test_an_object_that_was_saved_a_thousand_times_costs_no_more_than_once():
    clock = iter(range(1_000_000))
    again = b"7 0 obj<</S/Launch/F(a)/AA 7 0 R/Next 7 0 R/Win 7 0 R>>endobj"
    octets = b"%PDF-1.7\n" + again * 2000 + END
    said = pdf_actions.read(octets, Budget(Limits(seconds=20_000), lambda: next(clock)))

    assert said.over is None
    assert {one.target for one in said.found} == {"a"}


def test_a_bomb_is_a_limit():
    packed = zlib.compress(bytes(30_000_000))
    stream = b"9 0 obj<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n" % len(
        packed
    )

    assert read(stream + packed + b"\nendstream endobj").over.class_ == "ratio"


@pytest.mark.parametrize(
    ("name", "hidden"),
    [
        (b"/J#53", ["J#53"]),
        (b"/#4a#53", ["#4a#53"]),
        (b"/Open#41ction", ["Open#41ction"]),
        (b"/JS", []),
        (b"/Times#20Roman", []),
        (b"/J#20S", []),
        (b"/#E3#81#82", []),
    ],
)
def test_names_that_hide(name, hidden):
    assert read(b"1 0 obj<<" + name + b" 1/AA<<>>>>endobj").hidden == hidden


def test_a_file_of_words_is_not_even_read():
    said = pdf_actions.read(b"%PDF-1.7\n" + b"(text) Tj " * 1000 + END, Budget(Limits(seconds=-1)))

    assert (said.found, said.over) == ({}, None)


@pytest.mark.parametrize("limits", [{}, {"octets": 10}])
def test_what_was_read_is_freed_at_once_also_where_a_limit_ended_it(limits, freed_at_once):
    text = zlib.compress(b"4 0 <</JS(a)>>" + bytes(100_000))
    words = b"/Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d" % len(text)
    stream = b"9 0 obj<<%b>>stream\n%b\nendstream endobj" % (words, text)
    over = read(stream, **limits).over
    with freed_at_once():
        read(stream, **limits)

    assert (over is not None) == bool(limits)
