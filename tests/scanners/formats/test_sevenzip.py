"""Archives of 7z: files, names, damage, locks, and what lies around them."""

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Limits
from pratique.scanners.formats.sevenzip import Sevenzip
from pratique.scanners.part import Part


def test_empty_files_and_foreign_names_come_through(samples, open_with):
    files = {"請求書.exe": b"MZ", "empty": b"", "a/b.txt": b"text"}
    opened = open_with(Sevenzip(), samples("sevenzip").sevenzip(files))

    assert opened.called == files


def test_a_file_past_the_limit_is_left_and_the_next_one_is_opened(samples, open_with):
    files = {"big": bytes(101), "b": b"b"}
    opened = open_with(Sevenzip(), samples("sevenzip").sevenzip(files), Limits(part_octets=100))

    assert opened.octets == [b"", b"b"]
    assert opened.members[0].unopened == "over_budget"
    assert opened.reached == ["part_octets"]


def test_a_locked_header_hides_the_names_until_the_word_is_known(samples, open_with):
    made = samples("sevenzip")
    octets = made.sevenzip({"a.exe": b"MZ" * 99}, made.COPY, "secret", "secret")
    locked = open_with(Sevenzip(), octets)
    opened = open_with(Sevenzip(), octets, passwords=("a", "b", "secret"))

    assert locked.members == []
    assert (locked.known.unopened, locked.known.encrypted) == ("archive_password", True)
    assert opened.called == {"a.exe": b"MZ" * 99}
    assert opened.members[0].password == "secret"


def test_a_wrong_check_sum_is_damage_and_the_octets_are_kept(samples, open_with):
    made = samples("sevenzip")
    octets = bytearray(made.sevenzip({"a": b"x" * 50}, made.COPY))
    octets[40] ^= 1
    opened = open_with(Sevenzip(), bytes(octets))

    assert len(opened.octets[0]) == 50
    assert opened.known.unopened == opened.members[0].unopened == "unreadable"


def test_a_dictionary_of_a_gigabyte_is_not_allocated(samples, open_with):
    """A dictionary is never larger than what it unpacks; what unpacks to so much is left."""
    made = samples("sevenzip")
    octets = made.sevenzip({"a": b"x" * 50}, made.LZMA).replace(b"\x5d\0\0\1\0", b"\x5d\0\0\0\x40")
    size = made.sevenzip({"a": b"x" * 50}, made.LZMA)
    header = octets[-len(size) + 32 :]

    assert header
    # The header's check sum is another one now, so it is written anew.
    opened = open_with(Sevenzip(), rewritten(octets))
    assert opened.octets == [b"x" * 50]


def rewritten(octets: bytes) -> bytes:
    """With the check sums of a changed header put right."""
    from binascii import crc32

    offset = int.from_bytes(octets[12:20], "little")
    sum_ = crc32(octets[32 + offset :]).to_bytes(4, "little")
    start = octets[12:28] + sum_
    return octets[:8] + crc32(start).to_bytes(4, "little") + start + octets[32:]


def test_more_rounds_than_7_zip_allows_are_over_the_budget(samples, open_with):
    made = samples("sevenzip")
    octets = made.sevenzip({"a": b"x" * 50}, made.COPY, "secret")
    for power, unopened in ((24, "archive_password"), (25, "over_budget")):
        changed = octets.replace(bytes([made.POWER | 0x40, 0x0F]), bytes([power | 0x40, 0x0F]))
        opened = open_with(Sevenzip(), rewritten(changed))

        assert opened.members[0].unopened == unopened


def test_one_behind_a_program_is_found(samples, open_with):
    octets = b"MZ" + bytes(5000) + samples("sevenzip").sevenzip({"a": b"abc"})
    program = facts.Part(type="application/x-dosexec", kind="executable")

    assert Sevenzip().recognize(Part(program, memoryview(octets))) == "within"
    assert open_with(Sevenzip(), octets).octets == [b"abc"]
    assert Sevenzip().recognize(Part(program, memoryview(octets[:5000]))) == ""


def test_what_lies_behind_is_given_and_stated(samples, open_with):
    opened = open_with(Sevenzip(), samples("sevenzip").sevenzip({"a": b"abc"}) + b"MZ" * 20)

    assert opened.octets == [b"abc", b"MZ" * 20]
    assert opened.oddities == ["extra_octets"]
