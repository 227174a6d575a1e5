"""What is secret of a service: read once, handed on, and seen by nobody."""

from datetime import date

import pytest

from pratique.milter.sections.sent import SentSection
from pratique.milter.sent import keyring
from pratique.milter.sent import keys as key_files
from pratique.milter.stores.key import NoKeyError


@pytest.fixture
def section(tmp_path):
    key_files.add(tmp_path / "sent.keys", date(2026, 11, 22))
    return SentSection(keys=tmp_path / "sent.keys")


def test_without_keys_nothing_is_read_and_nothing_is_made(tmp_path):
    assert keyring.read(SentSection(), tmp_path) is None
    assert not list(tmp_path.iterdir())
    assert keyring.handed({"settings": "{}"}) is None


def test_what_was_handed_on_outlives_its_files(section, tmp_path):
    read, kept = keyring.read(section, tmp_path), key_files.read(section.keys)
    section.keys.write_text("nonsense")
    (tmp_path / "sent.key").write_bytes(b"short")
    handed = keyring.handed(read.written())
    assert handed == read
    assert handed.keys(section) == kept
    assert len(handed.hashes) == 32


def test_nobody_sees_it_by_showing_it(section, tmp_path):
    assert repr(keyring.read(section, tmp_path)) == "Keyring()"


def test_a_file_that_is_damaged_is_told_before_anything_serves(section, tmp_path):
    (tmp_path / "sent.key").write_bytes(b"short")
    with pytest.raises(NoKeyError, match=r"sent\.key is damaged"):
        keyring.read(section, tmp_path)
    section.keys.write_text("nonsense")
    with pytest.raises(key_files.KeysError, match="pratique keys new"):
        keyring.read(section, tmp_path)
