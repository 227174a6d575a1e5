"""A held message that a disk has changed: told, and never sent to somebody else."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pratique.milter.quarantine.folders import Folders
from pratique.milter.quarantine.record import Record
from pratique.milter.quarantine.state import State

ID = "20251122T120000-00000001"
# What `make_record` makes a record of.
CONTENT = b"Subject: hello\r\nX-Pratique-Seen: forged\r\n\r\nbody\r\n"
STATE = State(("bob@example.org", "carl@example.net"))

NONSENSE = [b"", b"{}", b"\x00" * 4096, b"\xff\x00", b"[" * 100, b"[" * 100_000]


@pytest.mark.parametrize("octets", NONSENSE, ids=range(len(NONSENSE)))
@pytest.mark.parametrize("name", ["record", "state"])
def test_a_damaged_record_or_state_is_a_value_error(
    added: Folders, name: str, octets: bytes
) -> None:
    (added.of(ID) / name).write_bytes(octets)
    with pytest.raises(ValueError, match=r"."):
        added.read(ID)
    (added.of(ID) / name).unlink()
    with pytest.raises(FileNotFoundError):
        added.read(ID)


def test_no_octet_of_a_record_can_change_without_notice(added: Folders) -> None:
    record = added.of(ID) / "record"
    octets = record.read_bytes()
    for place in range(len(octets)):
        record.write_bytes(octets[:place] + bytes((octets[place] ^ 1,)) + octets[place + 1 :])
        with pytest.raises(ValueError, match=r"."):
            added.read(ID)
    record.write_bytes(octets)
    assert added.read(ID)[0].encode() == octets


def test_what_an_earlier_version_wrote_knows_no_hash_of_its_record(
    added: Folders, make_record: Callable[..., Record]
) -> None:
    added.put_state(ID, STATE)
    assert added.read(ID) == (make_record(), STATE)


@pytest.mark.parametrize(
    "state",
    [
        State(("bob@example.org",)),
        State(("bob@example.org",), released=("carl@example.net", "dora@example.net")),
        State(),
    ],
    ids=["fewer", "more", "none"],
)
def test_a_state_with_other_recipients_than_the_record_is_damaged(
    added: Folders, state: State
) -> None:
    added.put_state(ID, state)
    with pytest.raises(ValueError, match="name different recipients"):
        added.read(ID)


@pytest.mark.parametrize("octets", [CONTENT[:-1], CONTENT + b"."], ids=["shorter", "longer"])
def test_a_content_of_another_size_is_damaged(added: Folders, octets: bytes) -> None:
    (added.of(ID) / "content").write_bytes(octets)
    with pytest.raises(ValueError, match=f"its content has {len(octets)} octets of {len(CONTENT)}"):
        added.read(ID)


def test_a_content_that_is_gone_or_no_file_is_damaged(added: Folders, tmp_path: Path) -> None:
    content = added.of(ID) / "content"
    content.unlink()
    with pytest.raises(FileNotFoundError):
        added.read(ID)
    (tmp_path / "same").write_bytes(CONTENT)
    content.symlink_to(tmp_path / "same")
    with pytest.raises(ValueError, match="its content"):
        added.read(ID)


def test_a_record_of_another_message_is_not_taken_for_this_one(added: Folders) -> None:
    other = ID[:-1] + "2"
    added.of(ID).rename(added.of(other))
    with pytest.raises(ValueError, match=re.escape(f"the record is that of '{ID}'")):
        added.read(other)
