"""A message is collected from what a milter is told."""

import pytest

from pratique.milter.doors.milter.mail import MAX_ENVELOPE, MAX_FIELDS, Fault, MilterMail
from pratique.milter.doors.room import Room


@pytest.fixture
def room():
    return Room(1_000_000)


@pytest.fixture
def collect(room):
    """Begin messages; nothing of them is left at the end."""
    made = []

    def begin(*words, max_size=100_000):
        made.append(MilterMail(words or (b"<a@b.example>",), room, max_size))
        return made[-1]

    yield begin
    for each in made:
        each.discard()
    assert room.left == 1_000_000


def octets_of(mail):
    content = mail.seal()
    try:
        return b"".join(content.span(0, content.size))
    finally:
        content.close()


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (b" hi", b"Subject: hi\r\n"),
        (b"", b"Subject:\r\n"),
        (b" a\n\tb", b"Subject: a\r\n\tb\r\n"),
        (b" a\r\n b", b"Subject: a\r\n b\r\n"),
        (b" a\rb", b"Subject: a\rb\r\n"),
        (b" \xff\xc3\xa9", b"Subject: \xff\xc3\xa9\r\n"),
    ],
)
def test_a_field_is_written_as_it_came(collect, value, written):
    mail = collect()
    mail.field("Subject", value)
    assert octets_of(mail) == written


def test_header_and_body_are_one_content(collect):
    mail = collect()
    mail.field("A", b" 1")
    mail.end_of_header()
    mail.body(b"bo")
    mail.body(b"dy")
    assert octets_of(mail) == b"A: 1\r\n\r\nbody"
    assert mail.left_out == 0


def test_each_field_is_found_by_its_place_with_its_number_among_its_name(collect):
    mail = collect()
    for name in ("X-One", "Other", "x-ONE"):
        mail.field(name, b" v")
    mail.complete()
    assert mail.fields == {(0, 10): ("X-One", 1), (10, 20): ("Other", 1), (20, 30): ("x-ONE", 2)}


def test_fields_past_the_limit_are_content_but_have_no_place(collect):
    mail = collect(max_size=1_000_000)
    for _ in range(MAX_FIELDS + 1):
        mail.field("A", b"")
    mail.complete()
    assert len(mail.fields) == MAX_FIELDS
    assert len(octets_of(mail)) == 4 * (MAX_FIELDS + 1)


@pytest.mark.parametrize(
    ("word", "address"),
    [
        (b"<a@b.example>", "a@b.example"),
        (b"a@b.example", "a@b.example"),
        (b"<>", ""),
        (b"", ""),
        (b'<"a b"@c.example>', '"a b"@c.example'),
        (b"<@r.example,@s.example:a@b.example>", "a@b.example"),
        (b"<@r.example>", "@r.example"),
        (b"<\xc3\xa9@b.example>", "\u00e9@b.example"),
        (b"<\xff@b.example>", "\ufffd@b.example"),
    ],
)
def test_an_address_is_what_is_between_the_brackets(collect, word, address):
    mail = collect(word, b"SIZE=1", b"\xff")
    assert (mail.reverse_path, mail.parameters) == (address, ("SIZE=1", "\ufffd"))
    mail.recipient((word, b"NOTIFY=NEVER"))
    (recipient,) = mail.recipients
    assert (recipient.address, recipient.parameters) == (address, ("NOTIFY=NEVER",))


def test_only_odd_forms_of_an_address_are_kept_beside_it(collect):
    mail = collect()
    for word in (b"<a@b.example>", b"c@d.example", b"<@r:c@d.example>"):
        mail.recipient((word,))
    assert mail.said == {"c@d.example": ["<c@d.example>", "c@d.example", "<@r:c@d.example>"]}


@pytest.mark.slow
@pytest.mark.parametrize("past", [0, 1])
def test_an_envelope_has_an_end(collect, past):
    mail = collect()
    words = (b"x" * (MAX_ENVELOPE // 100 - 200),)
    for _ in range(100 - 1 + past):
        mail.recipient(words)
    assert mail.fault is None
    mail.recipient(words)
    assert mail.fault is (Fault.TOO_MANY_RECIPIENTS if past else None)
    assert (mail.seal() is None) == bool(past)


@pytest.mark.parametrize(("size", "kept", "left_out"), [(99, 99, 0), (100, 100, 0), (101, 100, 1)])
@pytest.mark.parametrize("step", [1, 7, 1000])
def test_what_is_past_the_size_is_counted_and_not_kept(collect, size, kept, left_out, step):
    mail = collect(max_size=100)
    for start in range(0, size, step):
        mail.body(b"x" * min(step, size - start))
    assert mail.left_out == left_out
    assert octets_of(mail) == b"x" * kept


def test_without_room_there_is_a_fault_and_nothing_is_kept(room):
    mail = MilterMail((b"<>",), Room(100_000), 1_000_000)
    for _ in range(5):
        mail.body(b"x" * 50_000)
    assert (mail.fault, mail.seal()) == (Fault.NO_ROOM, None)


def test_room_is_taken_until_the_message_is_dropped(room, collect):
    mail = collect()
    mail.body(b"x" * 70_000)
    content = mail.seal()
    assert room.left == 930_000
    content.close()
    mail.discard()
    mail.discard()
    assert room.left == 1_000_000
