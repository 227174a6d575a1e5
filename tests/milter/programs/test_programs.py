"""Outside programs as a whole: the rehearsal, real archives, bombs, and what is missing."""

import asyncio
import subprocess
import sys
import textwrap

import pytest

from pratique.milter.content import content_of
from pratique.milter.programs.handed import Handed
from pratique.milter.programs.programs import LEAST_OCTETS, Programs
from pratique.milter.programs.table import BY_TYPE, SEVEN_ZIP, UNAR
from pratique.scanners import facts_pb2 as facts

pytestmark = pytest.mark.real("bubblewrap")
unar = pytest.mark.real("unar")
seven_zip = pytest.mark.real("7z")

RAR, SEVEN, WIM = "application/vnd.rar", "application/x-7z-compressed", "application/x-wim"
ARC = "application/x-arc"
OPENS = "cat /in/part >$folder/a"


@pytest.fixture
def pack(tmp_path):
    """An archive that 7z writes of files."""

    def pack(name, files, *options):
        folder = tmp_path / f"files of {name}"
        folder.mkdir()
        for each, octets in files.items():
            (folder / each).write_bytes(octets)
        command = ["7zz", "a", "-bso0", "-bsp0", *options, tmp_path / name, "--", *files]
        subprocess.run(command, check=True, cwd=folder, stdin=subprocess.DEVNULL)
        return (tmp_path / name).read_bytes()

    return pack


# The rehearsal


@pytest.mark.slow
@unar
@seven_zip
async def test_what_is_installed_works(started):
    programs, said = await started()
    assert said == "unpacked by outside programs, in bubblewrap: unar, 7z"
    assert set(programs.types) == set(BY_TYPE)


async def test_before_the_start_there_are_none():
    assert Programs().types == []


async def test_a_program_that_is_not_installed_is_told_with_its_package(started, fake):
    missing = fake("exit 0", "7z")
    object.__setattr__(missing, "paths", ("/nonexistent/7z",))
    programs, said = await started(fake(OPENS), missing)
    assert said == (
        "unpacked by outside programs, in bubblewrap: unar; "
        "Debian's package 7z (7z) is not installed"
    )
    assert RAR in programs.types
    assert WIM not in programs.types


async def test_without_bubblewrap_there_are_none(started, fake):
    programs, said = await started(fake(OPENS), bubblewrap="/nonexistent/bwrap")
    assert said == (
        "no outside program unpacks anything: unar needs Debian's package bubblewrap, not installed"
    )
    assert programs.types == []


async def test_a_program_that_is_not_wanted_is_not_used(started, fake):
    programs, said = await started(fake(OPENS), use=())
    assert said == "no outside program unpacks anything: programs.use leaves unar out"
    assert programs.types == []


async def test_a_program_that_fails_on_our_own_file_is_not_used(started, fake):
    programs, said = await started(fake("exit 1"))
    assert "unar does not work in bubblewrap here (unar could not read all of it)" in said
    assert programs.types == []


@pytest.mark.slow
@unar
def test_where_the_kernel_refuses_namespaces_there_are_none_and_its_words_are_told():
    script = textwrap.dedent(
        """
        import asyncio
        from pratique.milter.programs.programs import Programs
        programs = Programs()
        print(asyncio.run(programs.start()), programs.types)
        """
    )
    refuse = 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$0" -c "$1"'
    command = ["unshare", "--user", "--map-root-user", "sh", "-c", refuse, sys.executable, script]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "unar does not work in bubblewrap here (unar could not be started: " in done.stdout
    assert "namespace" in done.stdout
    assert done.stdout.endswith("[]\n")


@pytest.mark.slow
@unar
@pytest.mark.real("root")
def test_they_work_for_a_user_without_rights_too():
    script = textwrap.dedent(
        """
        import asyncio, os
        from pratique.milter.programs.programs import Programs
        os.setgroups([]); os.setgid(65534); os.setuid(65534)
        print(asyncio.run(Programs().start()))
        """
    )
    done = subprocess.run(
        ["setpriv", "--no-new-privs", sys.executable, "-c", script],
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("unpacked by outside programs, in bubblewrap: unar")


# What stayed closed


@pytest.mark.parametrize(
    ("type_", "why", "told"),
    [
        (RAR, "no reader", "no reader; Debian's package unar (unar) is not installed"),
        (RAR, "", "Debian's package unar (unar) is not installed"),
        ("application/x-ace", "no reader", "no reader"),
    ],
)
async def test_a_part_that_stays_closed_says_what_would_open_it(started, fake, type_, why, told):
    missing = fake("exit 0")
    object.__setattr__(missing, "paths", ("/nonexistent/unar",))
    programs, _ = await started(missing)
    seen = facts.Facts(parts=[facts.Part(type=type_, unopened="needs_program", why=why)])
    programs.explain(seen)
    assert seen.parts[0].why == told


async def test_any_other_part_is_left_as_it_is(started, fake):
    programs, _ = await started(fake(OPENS), use=())
    parts = [facts.Part(type=RAR), facts.Part(type=RAR, unopened="archive_password", why="w")]
    seen = facts.Facts(parts=parts)
    programs.explain(seen)
    assert list(seen.parts) == parts


# Parts


@pytest.mark.slow
async def test_parts_are_unpacked_in_their_order_and_closed(started, fake, shown):
    programs, _ = await started(fake(OPENS))
    handed = [
        Handed(RAR, str(number) * 64, (), content_of([bytes([number])])) for number in range(3)
    ]
    made = [shown(one) for one in await programs.unpack(handed, 0, 30.0)]
    assert [(one.sha256[0], one.files["a"]) for one in made] == [
        ("0", b"\0"), ("1", b"\1"), ("2", b"\2"),
    ]  # fmt: skip
    assert [part.content.descriptor for part in handed] == [-1, -1, -1]


# Large, but not where it is rehearsed.
LARGE = '[ "$(cat /in/part)" = sample ] || truncate -s 150000 $folder/a'


@pytest.mark.slow
async def test_a_message_has_so_many_octets_for_all_parts(started, fake, shown):
    programs, _ = await started(fake(LARGE), octets=200_000, octets_in_all=300_000)
    handed = [Handed(RAR, "0" * 64, (), content_of([b"x"])) for _ in range(2)]
    first, second = [shown(one) for one in await programs.unpack(handed, 0, 30.0)]
    assert (first.unopened, second.unopened) == ("", "over_budget")


async def test_what_was_taken_before_counts(started, fake):
    programs, _ = await started(fake(LARGE), octets_in_all=1_000_000)
    handed = [Handed(RAR, "0" * 64, (), content_of([b"x"]))]
    (made,) = await programs.unpack(handed, 999_999, 30.0)
    assert made.extra.unopened == "over_budget"
    assert made.content.size <= LEAST_OCTETS
    made.content.close()


async def test_a_message_without_time_gets_nothing_unpacked(started, fake, unpack):
    programs, _ = await started(fake(OPENS))
    made = await unpack(programs, b"x", seconds=0.0)
    assert (made.unopened, made.why) == ("needs_program", "no time was left for unar")


@pytest.mark.slow
async def test_who_waits_for_others_in_vain_is_told_that_there_was_no_time(started, fake, unpack):
    hangs = fake('[ "$(cat /in/part)" = sample ] || sleep 98765')
    programs, _ = await started(hangs, seconds=1.0, count=1)
    first = asyncio.create_task(unpack(programs, b"x"))
    await asyncio.sleep(0)
    second = await unpack(programs, b"y", seconds=0.3)
    assert (second.unopened, second.why) == ("needs_program", "no time was left for unar")
    assert (await first).unopened == "over_budget"
    # The place is free again.
    assert (await unpack(programs, b"sample")).unopened == ""


@pytest.mark.slow
async def test_a_program_that_hangs_is_over_budget(started, fake, unpack):
    programs, _ = await started(fake('[ "$(cat /in/part)" = sample ] || sleep 98765'), seconds=0.3)
    made = await unpack(programs, b"x")
    assert (made.unopened, made.files) == ("over_budget", {})
    assert made.why.startswith("unar took more than 0.")


# The real ones


@pytest.mark.slow
@unar
@pytest.mark.parametrize("name", ["rar4", "rar5", "arc"])
async def test_unar_opens_what_it_is_for(started, unpack, made_by_hand, name):
    programs, _ = await started()
    type_ = ARC if name == "arc" else RAR
    made = await unpack(programs, made_by_hand[name]("a.txt", b"hello"), type_)
    assert (made.program, made.unopened, made.files) == ("unar", "", {"a.txt": b"hello"})


@pytest.mark.slow
@unar
@pytest.mark.parametrize(
    ("name", "shown_as"),
    [
        ("../../x", "x"),
        ("/etc/passwd", "passwd"),
        ("-rf", "-rf"),
        ("$(touch x)", "$(touch x)"),
        ("a\nb", "a\nb"),
        ("--to-command=sh", "--to-command=sh"),
    ],
)
async def test_names_of_a_message_are_names_and_nothing_more(
    started, unpack, made_by_hand, name, shown_as
):
    programs, _ = await started()
    made = await unpack(programs, made_by_hand["rar5"](name, b"hello"))
    assert made.unopened == ""
    assert [(each.rpartition("/")[2], octets) for each, octets in made.files.items()] == [
        (shown_as, b"hello")
    ]


@pytest.mark.slow
@unar
@pytest.mark.parametrize("kind", ["rar4", "rar5"])
async def test_a_damaged_rar_is_unreadable_and_what_can_be_read_is_kept(
    started, unpack, made_by_hand, kind
):
    programs, _ = await started()
    whole = made_by_hand[kind]("a.txt", b"hello" * 100)
    made = await unpack(programs, whole[:-300])
    assert (made.program, made.unopened) == ("unar", "unreadable")


@pytest.mark.slow
@seven_zip
async def test_7z_opens_what_it_is_for(started, unpack, pack):
    programs, _ = await started(SEVEN_ZIP)
    octets = pack("a.wim", {"a.txt": b"hello", "b.txt": b"other"})
    made = await unpack(programs, octets, WIM)
    assert (made.program, made.unopened) == ("7z", "")
    assert made.files == {"a.txt": b"hello", "b.txt": b"other"}


@pytest.mark.slow
@seven_zip
@pytest.mark.parametrize("options", [["-psecret"], ["-psecret", "-mhe=on"]])
async def test_a_locked_7z_opens_by_a_word_of_the_message(started, unpack, pack, options):
    programs, _ = await started(SEVEN_ZIP)
    octets = pack("a.7z", {"a.txt": b"hello"}, *options)
    made = await unpack(programs, octets, SEVEN, ["wrong", "-p", "secret"])
    assert (made.unopened, made.password, made.files) == ("", "secret", {"a.txt": b"hello"})
    made = await unpack(programs, octets, SEVEN, ["wrong"])
    assert (made.unopened, made.password) == ("archive_password", "")


@pytest.mark.slow
@seven_zip
@pytest.mark.parametrize("word", ["-rf", "--", "@x", "$(touch x)", "a b", "пароль", '"\\"'])
async def test_a_word_that_looks_like_something_else_is_a_word(started, unpack, pack, word):
    programs, _ = await started(SEVEN_ZIP)
    octets = pack("a.7z", {"a.txt": b"hello"}, f"-p{word}")
    made = await unpack(programs, octets, SEVEN, [word])
    assert (made.password, made.files) == (word, {"a.txt": b"hello"})


@pytest.mark.slow
@unar
@seven_zip
async def test_unar_takes_such_words_too(started, unpack, pack):
    programs, _ = await started(UNAR)
    octets = pack("a.7z", {"a.txt": b"hello"}, "-p-rf")
    made = await unpack(programs, octets, SEVEN, ["wrong", "-rf"])
    assert (made.password, made.files) == ("-rf", {"a.txt": b"hello"})


@pytest.mark.slow
@seven_zip
async def test_a_bomb_is_cut_at_the_budget(started, unpack, pack):
    programs, _ = await started(SEVEN_ZIP, octets=1 << 20)
    made = await unpack(programs, pack("a.7z", {"zeros": bytes(64 << 20)}), SEVEN)
    assert (made.unopened, len(made.octets)) == ("over_budget", 1 << 20)
    assert made.why == "7z unpacked more than 1048576 octets"


@pytest.mark.slow
@seven_zip
async def test_an_archive_of_too_many_files_is_over_budget(started, unpack, pack):
    programs, _ = await started(SEVEN_ZIP, files=200)
    made = await unpack(programs, pack("a.7z", {str(n): b"" for n in range(300)}), SEVEN)
    assert made.unopened == "over_budget"
    assert 100 < len(made.files) < 200


@seven_zip
async def test_a_dictionary_of_a_gigabyte_is_refused_and_harms_nobody(started, unpack, pack):
    programs, _ = await started(SEVEN_ZIP)
    octets = bytearray(pack("a.7z", {"a": b"hello"}, "-m0=LZMA", "-mhc=off"))
    # The coder's name (03 01 01) and five octets of properties: one of LZMA's own, then the
    # dictionary's size.
    place = octets.index(bytes.fromhex("03 01 01 05")) + 5
    octets[place : place + 4] = (1 << 30).to_bytes(4, "little")
    made = await unpack(programs, bytes(octets), SEVEN)
    assert made.unopened
