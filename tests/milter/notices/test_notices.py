"""Who is named is told, and of a notice nobody is."""

import logging

import pytest

from pratique.milter.alerts.emergencies import Alert
from pratique.milter.notices.letter import Letter
from pratique.milter.notices.notices import MOST, Notices, open_notices
from pratique.milter.notices.own_ids import OwnIds
from pratique.milter.sections.notices import NoticesSection
from pratique.policies.verdict import Notice

SECTION = NoticesSection(addresses=("sec@our.example", "boss@our.example"))
IDS = OwnIds(b"k" * 32, "mx.our.example")
NOTICE = Notice("sec@our.example", "programs", "a program came")


class Kept:
    def __init__(self):
        self.tellings = []

    def put(self, telling):
        self.tellings.append(telling)


@pytest.fixture
def kept():
    return Kept()


@pytest.fixture
def notices(kept):
    return Notices(SECTION, IDS, kept)


def test_who_is_named_is_told_once_of_a_message(notices, kept, became):
    notices.tell(became(((NOTICE,), (NOTICE,), ())))
    (telling,) = kept.tellings
    assert (telling.address, telling.rule, telling.about) == ("sec@our.example", "programs", "Q1")
    assert "recipients:   r0@our.example, r1@our.example" in telling.letter.lines


def test_without_a_notice_nobody_is(notices, kept, became):
    notices.tell(became(((), ())))
    assert kept.tellings == []


def test_who_is_not_listed_is_not_told(notices, kept, became, caplog):
    notices.tell(became(((Notice("x@else.example", "r", ""), Notice("SEC@our.example", "r", "")),)))
    assert [one.address for one in kept.tellings] == ["SEC@our.example"]
    assert "<x@else.example> is not told" in caplog.text


def test_of_a_notice_and_of_its_bounce_nobody_is_told(notices, kept, became, caplog):
    caplog.set_level(logging.INFO)
    own = f"<{IDS.new()}>"
    notices.tell(became(mail={"message_id": own}))
    notices.tell(became(returned=("<1@x.example>", own)))
    assert kept.tellings == []
    assert caplog.text.count("a notice of ours") == 2
    notices.tell(became(mail={"message_id": "<1@x.example>"}, returned=("<2@x.example>",)))
    assert len(kept.tellings) == 1


@pytest.mark.parametrize(("count", "told"), [(MOST, MOST), (MOST + 1, MOST)])
def test_one_message_makes_so_many_and_no_more(notices, kept, became, count, told):
    notices.tell(became((tuple(Notice("sec@our.example", f"r{n}", "") for n in range(count)),)))
    assert len(kept.tellings) == told


def test_of_an_alert_all_are_told(notices, kept):
    notices.alert(Alert("infected_client", ("x",), queue_id="Q1"))
    assert [one.address for one in kept.tellings] == list(SECTION.addresses)
    assert kept.tellings[0].rule == "alert infected_client"
    assert isinstance(kept.tellings[0].letter, Letter)


async def test_where_nobody_may_be_told_there_is_no_folder(tmp_path, hop):
    async with open_notices(NoticesSection(), tmp_path / "outbox", hop, "mx") as notices:
        assert notices is None
    assert not (tmp_path / "outbox").exists()


async def test_what_was_told_is_on_the_disk_at_the_end_and_sent_by_the_next(
    tmp_path, hop, became, until
):
    folder = tmp_path / "outbox"
    async with open_notices(SECTION, folder, hop, "mx.our.example") as notices:
        notices.tell(became())
    assert len(hop.sent) + len(list((folder / "new").iterdir())) == 1


async def test_a_folder_that_cannot_be_made_stops_no_mail(tmp_path, hop, became, caplog):
    (tmp_path / "file").touch()
    async with open_notices(SECTION, tmp_path / "file/outbox", hop, "mx") as notices:
        notices.tell(became())
    assert "notices cannot be written" in caplog.text
