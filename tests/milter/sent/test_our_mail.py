"""What a process has open of the mail that we send."""

from datetime import UTC, date, datetime, timedelta

import pytest

from pratique.milter.sections.sent import BatvSection, SentSection
from pratique.milter.sent import keys as key_files
from pratique.milter.sent import since
from pratique.milter.sent.our_mail import OurMail, open_our_mail
from pratique.milter.sent.since import Since
from pratique.milter.sent.stated import StatedLedger

TODAY = date(2026, 11, 22)
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
LONG_AGO = TODAY - timedelta(days=30)


def test_without_keys_there_is_none_of_it_and_stamping_would_begin_anew(tmp_path):
    since.noted(tmp_path, [], LONG_AGO)
    with open_our_mail(SentSection(), tmp_path, ("example.org",)) as found:
        assert found is None
    assert not list(tmp_path.iterdir())


async def test_with_keys_it_is_open_and_what_was_recorded_is_there_the_next_time(tmp_path):
    file, state = tmp_path / "sent.keys", tmp_path / "state"
    state.mkdir()
    key_files.add(file, TODAY)
    section = SentSection(keys=file, batv=(BatvSection(domain=".example.org"),))
    with open_our_mail(section, state, ("example.org",)) as ours:
        assert ours.keys.signing.number == 1
        assert ours.domains == ("example.org",)
        assert await ours.ledger.record("<1@example.org>", "ann@example.org", ["b@x.net"], AT)
    with open_our_mail(section, state, ("example.org",)) as ours:
        assert await ours.ledger.by_message_id("<1@example.org>") is not None
    assert set(since.read(state).tags) == {".example.org"}


def test_keys_that_are_missing_are_told_with_what_makes_them(tmp_path):
    section = SentSection(keys=tmp_path / "none.keys")
    with pytest.raises(key_files.KeysError, match="pratique keys new"):  # noqa: SIM117
        with open_our_mail(section, tmp_path, ("example.org",)):
            pass
    assert not (tmp_path / "sent").exists()


@pytest.mark.parametrize(
    ("domain", "tagged"), [("a.example.org", True), ("example.org", False), ("a.net", False)]
)
def test_a_domain_was_tagged_by_the_table_that_covers_it(domain, tagged, tmp_path):
    section = SentSection(keys=tmp_path, batv=(BatvSection(domain=".example.org"),))
    began = Since(LONG_AGO, {".example.org": LONG_AGO, "example.org": LONG_AGO})
    ours = OurMail(StatedLedger(), ("example.org",), section=section, since=began)
    assert ours.tagged(domain, TODAY) is tagged


async def test_what_was_not_sent_is_known_once_an_admin_says_so_and_time_has_passed(tmp_path):
    file, state = tmp_path / "sent.keys", tmp_path / "state"
    state.mkdir()
    key_files.add(file, TODAY)
    now = datetime.now(UTC)
    for complete, days, known in [(False, 30, False), (True, 7, False), (True, 30, True)]:
        section = SentSection(keys=file, complete=complete)
        with open_our_mail(section, state, ("example.org",)) as ours:
            assert ours.knows_all(now + timedelta(days=days)) is known
    # A row that is not known to be kept.
    with open_our_mail(section, state, ("example.org",)) as ours:
        ours.ledger.close()
        assert not await ours.ledger.record("<1@example.org>", "ann@example.org", ["b@x.net"], AT)
    with open_our_mail(section, state, ("example.org",)) as ours:
        assert not ours.knows_all(now + timedelta(days=8))


def test_a_clock_from_before_the_key_was_made_notes_nothing(tmp_path):
    file, state = tmp_path / "sent.keys", tmp_path / "state"
    state.mkdir()
    key_files.add(file, datetime.now(UTC).date() + timedelta(days=2))
    section = SentSection(keys=file, complete=True)
    with open_our_mail(section, state, ("example.org",)) as ours:
        assert ours.since == Since()
        assert not ours.knows_all(datetime.now(UTC) + timedelta(days=30))
    assert not (state / since.NAME).exists()
