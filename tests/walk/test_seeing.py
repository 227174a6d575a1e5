"""Looking at files: in their order, through real workers, and none is passed over."""

from datetime import UTC, datetime

import pytest

from pratique.milter import seeing
from pratique.milter.config import Settings
from pratique.milter.mail import Envelope

pytestmark = [pytest.mark.real("kernel confinement"), pytest.mark.slow]

ENVELOPE = Envelope("inspect", datetime(2026, 11, 22, tzinfo=UTC), door="inspect")


@pytest.fixture
def files(tmp_path):
    for number in range(7):
        (tmp_path / f"{number}.eml").write_bytes(b"Subject: %d\r\n\r\nhello\r\n" % number)
    return tmp_path


async def seen(names, stdin=b""):
    looked = seeing.look(names, Settings(), ENVELOPE, lambda: stdin)
    return [one async for one in looked]


def test_folders_are_walked_for_mail_in_order(files):
    (files / "below").mkdir()
    (files / "below/a.eml").write_bytes(b"")
    (files / "notes.txt").write_bytes(b"")
    found = seeing.messages_in([str(files), "-", str(files / "notes.txt")])
    names = [f"{number}.eml" for number in range(7)] + ["below/a.eml"]
    assert found == [*(str(files / name) for name in names), "-", str(files / "notes.txt")]


async def test_files_come_back_in_the_order_in_which_they_were_given(files):
    names = seeing.messages_in([str(files)])[::-1]
    assert [(one.file, one.facts.mail.subject) for one in await seen(names)] == [
        (name, name.rpartition("/")[2].removesuffix(".eml")) for name in names
    ]


async def test_a_file_that_cannot_be_read_is_told_and_the_others_go_on(files):
    gone, there = str(files / "gone.eml"), str(files / "1.eml")
    first, second, third = await seen([gone, there, str(files)])
    assert (first.file, first.error) == (gone, "No such file or directory")
    assert second.facts.mail.subject == "1"
    assert third.error == "Is a directory"


async def test_standard_input_is_a_message_too():
    (one,) = await seen(["-"], b"Subject: piped\r\n\r\n")
    assert (one.file, one.facts.mail.subject) == ("-", "piped")


def test_facts_of_a_file_that_is_not_there_are_an_error(files):
    with pytest.raises(OSError, match="gone"):
        seeing.facts_of([files / "0.eml", files / "gone.eml"])


def test_no_files_need_no_worker():
    assert seeing.facts_of([]) == []


def test_facts_come_in_the_order_of_the_files(files):
    facts = seeing.facts_of([files / "3.eml", files / "2.eml"])
    assert [one.mail.subject for one in facts] == ["3", "2"]


async def test_each_file_is_a_message_of_its_own(files):
    names = seeing.messages_in([str(files)])
    told = [one.facts.envelope.queue_id for one in await seen(names)]
    assert told == [f"inspect-{number}" for number in range(1, 8)]
