"""What an engine does not reach in a message is handed out to it, and nothing else."""

import gzip
import random
import runpy
from base64 import b64decode, b64encode, encodebytes
from binascii import b2a_uu
from pathlib import Path
from types import SimpleNamespace

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import frames
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.part import Member, Part
from pratique.scanners.report import Report
from pratique.scanners.shown import CUT_OCTETS, PIECE, Shown

MAILS = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("shown_mails.py"))))
TEXT, HEAD, Heard = MAILS.TEXT, MAILS.HEAD, MAILS.Heard
mail, attached, zipped = MAILS.mail, MAILS.attached, MAILS.zipped
SAMPLES = Path(__file__).with_name("formats") / "samples"
ZIPS = runpy.run_path(str(SAMPLES / "zip.py"))


@pytest.mark.parametrize(
    "message",
    [
        HEAD + b"\r\nhello\r\n",
        mail(b"\r\nhello", attached(TEXT), attached(zipped(zipped(TEXT)))),
        mail(attached(gzip.compress(TEXT)), b"Content-Type: text/html\r\n\r\n<p>hello</p>"),
        mail(b"Content-Type: message/rfc822\r\n\r\n" + mail(attached(TEXT))),
        mail(attached(TEXT), head=b"X-Odd: 1\r\nMIME-Version: 1.0\r\n"),
    ],
)
def test_of_ordinary_mail_nothing_is_hidden(shown, message):
    assert shown(message) == []


def test_where_nobody_asks_nothing_is_handed_out(shown):
    assert shown(mail(attached(TEXT), head=b"X-Odd: 1\r\n"), show="") == []


def test_what_a_password_opened_is_hidden(shown):
    locked = ZIPS["zip_crypto"]("a.txt", TEXT, b"secret")
    assert shown(mail(b"\r\nhello", attached(locked))) == [TEXT]


def test_what_lies_in_what_is_shown_is_not(shown):
    locked = ZIPS["zip_crypto"]("a.zip", zipped(TEXT), b"secret")
    assert shown(mail(attached(locked))) == [zipped(TEXT)]


def test_base64_behind_padding_is_hidden(shown):
    head = b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    leaf = head + b64encode(TEXT[:31]) + b"\r\n" + b64encode(TEXT[31:]) + b"\r\n"
    assert TEXT in shown(mail(b"\r\nhello", leaf))


def test_a_further_view_is_hidden(shown):
    handed = shown(HEAD + b"\r\n(see below)\r\n\r\n" + encodebytes(TEXT * 3))
    assert TEXT * 3 in handed


def test_a_leaf_with_something_odd_about_it_is_hidden(shown):
    double = b"Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\nhello"
    assert b"hello" in shown(mail(double, b"\r\nother"))


def test_a_file_in_a_text_is_hidden(shown):
    uu = b"begin 644 a.txt\n" + b2a_uu(TEXT[:45]) + b"`\nend\n"
    assert TEXT[:45] in shown(HEAD + b"\r\n(see below)\r\n\r\n" + uu)


UU = b"words\n" * 9 + b"begin 644 a.txt\n" + b2a_uu(TEXT[:45]) + b"`\nend\n"
HQX = b"words\n" * 9 + runpy.run_path(str(SAMPLES / "binhex.py"))["good"](TEXT)


@pytest.mark.parametrize(("file", "inside"), [(UU, TEXT[:45]), (HQX, TEXT)])
def test_what_stands_behind_other_words_of_an_attached_file_is_hidden(shown, file, inside):
    assert shown(mail(b"\r\nhello", attached(file))) == [inside]


@pytest.mark.parametrize("encoding", [b"binary", b"8bit", b"7bit"])
@pytest.mark.parametrize(
    ("octets", "raw"),
    [
        (b"\x1f\x8b\x08" + b"x" * 50, True),
        (b"x" * 4095 + b"\x01", True),
        (b"x" * 4096 + b"\x01", False),
        (b"x" * 5000 + b"\0", True),
        (b"\tx\r\n\x0c\x1b$B \xe4", False),
    ],
)
def test_a_file_that_was_not_encoded_is_hidden(shown, encoding, octets, raw):
    said = b"Content-Type: image/x\r\nContent-Transfer-Encoding: " + encoding + b"\r\n\r\n"
    assert shown(mail(b"\r\nhello", said + octets)) == [octets] * raw


def test_encoded_octets_may_be_any(shown):
    assert shown(mail(b"\r\nhello", attached(bytes(range(256))))) == []


def test_what_an_engine_does_not_open_is_hidden(shown):
    lz4 = runpy.run_path(str(SAMPLES / "lz4.py"))["good"](TEXT)
    assert shown(mail(attached(lz4))) == [TEXT]


@pytest.mark.parametrize(
    "head",
    [b"X-Odd: 1\r\n", b"received: x\r\n", b"MIME-Version: 1.0\r\nX-", b"DKIM-Signature: x\r\n"],
)
def test_an_engine_must_know_a_message_for_one(shown, head):
    """Else it reads base64 as text: tried with clamd 1.4 (tests/desk/test_clamav.py)."""
    message = head + attached(TEXT)
    assert shown(message) == [TEXT]


def test_so_must_one_in_a_message(shown):
    inner = b"X-Odd: 1\r\n" + attached(TEXT)
    assert shown(mail(b"Content-Type: message/rfc822\r\n\r\n" + inner)) == [TEXT]


LARGE = gzip.compress(random.Random(1).randbytes(CUT_OCTETS))


def test_as_parts_what_is_large_is_shown_decoded_and_the_rest_without_it(shown):
    message = mail(b"\r\nhello", attached(LARGE), attached(TEXT), attached(LARGE[::-1]))
    rest = mail(b"\r\nhello", attached(b""), attached(TEXT), attached(b""))
    assert shown(message, "parts") == [LARGE, LARGE[::-1], rest]


def test_base64_of_so_many_octets_is_large_and_one_group_less_is_not(shown):
    encoded = b"A" * CUT_OCTETS
    rest = mail(b"\r\nhello", attached(b""))
    assert shown(mail(b"\r\nhello", attached(b"") + encoded), "parts") == [b64decode(encoded), rest]
    message = mail(b"\r\nhello", attached(b"") + encoded[4:])
    assert shown(message, "parts") == [message]


@pytest.mark.parametrize(
    "message",
    [
        HEAD + b"\r\n" + TEXT * 2000,
        mail(b"\r\nhello", b"\r\n" + TEXT * 2000),
        # What lies in an attached message stands there.
        mail(b"Content-Type: message/rfc822\r\n\r\n" + HEAD + attached(LARGE)),
    ],
)
def test_where_nothing_can_be_cut_out_it_is_the_message(shown, message):
    assert shown(message, "parts") == [message]


@pytest.mark.parametrize(
    "leaf",
    [
        # Behind padding; with what is no letter; with two encodings; without lines.
        attached(b"x") + encodebytes(LARGE),
        attached(b"") + b"....." + encodebytes(LARGE),
        b"Content-Transfer-Encoding: 7bit\r\n" + attached(LARGE),
        b"Content-Type: text/plain\r\n" + attached(LARGE),
    ],
)
def test_what_two_programs_read_differently_is_shown_decoded_and_in_its_place(shown, leaf):
    message = mail(b"\r\nhello", leaf)
    *decoded, rest = shown(message, "parts")
    assert rest == message
    assert any(each.endswith(LARGE) for each in decoded)


def test_a_message_that_is_not_known_for_one_is_shown_decoded(shown):
    message = mail(b"\r\nhello", attached(LARGE), head=b"X-Odd: 1\r\n")
    rest = mail(b"\r\nhello", attached(b""), head=b"X-Odd: 1\r\n")
    assert shown(message, "parts") == [b"hello", LARGE, rest]


def test_and_what_is_hidden_in_these(shown):
    locked = ZIPS["zip_crypto"]("a.txt", TEXT, b"secret")
    message = mail(b"\r\nhello", attached(locked))
    assert shown(message, "parts") == [TEXT, message]
    locked = ZIPS["zip_crypto"]("a.bin", LARGE, b"secret")
    rest = mail(b"\r\nhello", attached(b""))
    assert shown(mail(b"\r\nhello", attached(locked)), "parts") == [locked, LARGE, rest]


@pytest.fixture
def looked():
    """Show parts of these sizes, none of which an engine reaches."""

    def looked(*sizes):
        heard = Heard()
        report = Report(heard)
        shown = Shown("hidden", report)
        message = Part(facts.Part(id=0), memoryview(HEAD))
        for number, size in enumerate(sizes, start=1):
            shown.look(Part(facts.Part(id=number), memoryview(bytes(size))), message, "unknown")
        report.send()
        return heard

    return looked


@pytest.mark.parametrize(
    ("said", "handed"),
    [
        ({}, []),
        ({"views": ["standard"]}, []),
        # By a word that everybody knows, which is none that was found.
        ({"encrypted": True}, [b"octets"]),
        ({"password": "secret"}, [b"octets"]),
        ({"views": ["further"]}, [b"octets"]),
        ({"unopened": "unreadable"}, [b"octets"]),
    ],
)
def test_what_is_odd_about_a_part_hides_it(said, handed):
    heard = Heard()
    report = Report(heard)
    message = Part(facts.Part(id=0), memoryview(HEAD))
    part = Part(facts.Part(id=1, **said), memoryview(b"octets"))
    Shown("hidden", report).look(part, message, "zip")
    report.send()
    assert heard.handed == handed


@pytest.mark.parametrize(
    ("said", "handed"),
    [({}, []), ({"views": ["further"]}, [b"octets"]), ({"unopened": "unreadable"}, [b"octets"])],
)
def test_so_does_what_is_odd_about_its_container(said, handed):
    heard = Heard()
    report = Report(heard)
    container = Part(facts.Part(id=0, **said), memoryview(HEAD))
    part = Part(facts.Part(id=1), memoryview(b"octets"))
    Shown("hidden", report).look(part, container, "zip")
    report.send()
    assert heard.handed == handed


@pytest.mark.parametrize("size", [1, PIECE, PIECE + 1, 3 * PIECE])
def test_a_part_leaves_in_pieces(looked, size):
    assert looked(size).handed == [bytes(size)]


def test_what_is_empty_is_not_shown(looked):
    assert looked(0, 0).handed == []


def test_so_many_parts_are_shown_and_the_next_is_a_limit(looked):
    heard = looked(*[1] * frames.SHOWN_PARTS)
    assert (len(heard.handed), heard.limits) == (frames.SHOWN_PARTS, [])
    heard = looked(*[1] * (frames.SHOWN_PARTS + 5))
    assert len(heard.handed) == frames.SHOWN_PARTS
    assert heard.limits == [("engine", frames.SHOWN_PARTS + 1)]


def test_so_many_octets_are_shown_and_the_next_are_a_limit(looked):
    heard = looked(frames.SHOWN_OCTETS, 1)
    assert ([len(each) for each in heard.handed], heard.limits) == (
        [frames.SHOWN_OCTETS],
        [("engine", 2)],
    )


@pytest.fixture
def shortened():
    """A message of which parts of these sizes are to be cut out, and the rest of it."""

    def shortened(*sizes, more=0):
        heard = Heard()
        report = Report(heard)
        shown = Shown("parts", report)
        octets = bytes(CUT_OCTETS * len(sizes)).join((HEAD, bytes(more)))
        whole = Part(facts.Part(id=0), memoryview(octets))
        for number, size in enumerate(sizes):
            start = len(HEAD) + CUT_OCTETS * number
            part = Part(facts.Part(id=number + 1), memoryview(bytes(size)))
            shown.look(part, whole, "mime", Member("", encoded=(start, start + CUT_OCTETS)))
        shown.rest(whole.octets)
        report.send()
        return heard

    return shortened


def test_what_there_is_no_room_for_stays_in_the_message(shortened):
    room = len(HEAD) + CUT_OCTETS
    heard = shortened(frames.SHOWN_OCTETS - room, room + 1)
    assert heard.handed[1:] == [HEAD + bytes(CUT_OCTETS)]
    assert heard.limits == []
    heard = shortened(frames.SHOWN_OCTETS - room, room + 1, more=1)
    assert (len(heard.handed), heard.limits) == (1, [("engine", 0)])


def test_so_many_parts_are_cut_out_that_there_is_room_for_the_rest(shortened):
    heard = shortened(*[1] * (frames.SHOWN_PARTS - 1))
    assert (heard.handed[-1], len(heard.handed)) == (HEAD, frames.SHOWN_PARTS)
    assert heard.limits == []
    heard = shortened(*[1] * (frames.SHOWN_PARTS + 1))
    assert (heard.handed[-1], len(heard.handed)) == (
        HEAD + bytes(CUT_OCTETS * 2),
        frames.SHOWN_PARTS,
    )
    assert heard.limits == []


@pytest.fixture
def told(knows_a_word):
    """What is handed out of a message, and whether each is hidden."""

    def told(message, show):
        frames = []
        heard = Heard()
        heard.handed_out = frames.append
        knows_a_word.inspect(memoryview(message), wall.Inspect(show=show), heard)
        return [(bytes(frame.octets), frame.hidden) for frame in frames]

    return told


def test_what_is_hidden_from_who_is_shown_the_message_says_so(told):
    locked = ZIPS["zip_crypto"]("a.txt", TEXT, b"secret")
    message = mail(b"\r\nhello", attached(locked), attached(zipped(TEXT)))
    hidden = [(TEXT, True)]
    assert told(message, "hidden") == hidden
    parts = [(b"hello", False), (locked, False), (zipped(TEXT), False), *hidden]
    assert told(message, "apart") == parts
    assert told(message, "parts") == [*hidden, (message, False)]


def test_who_opens_no_mail_is_shown_what_an_attached_message_holds(told):
    inner = mail(attached(TEXT)).replace(b"=b\r\n", b"=in\r\n").replace(b"--b", b"--in")
    message = mail(b"Content-Type: message/rfc822\r\n\r\n" + inner)
    assert told(message, "hidden") == []
    assert told(message, "parts") == [(message, False)]
    (whole, hidden), inside = told(message, "apart")
    assert (inner.startswith(whole), hidden) == (True, False)
    assert inside == (TEXT, False)
