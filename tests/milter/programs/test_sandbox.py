"""What a program finds in the sandbox, what it cannot do there, and that no word is code."""

import pytest

from pratique.milter.content import content_of
from pratique.milter.programs.run import run
from pratique.milter.programs.sandbox import FAILED, FULL, KILLED, LOCKED, WHOLE, Room

pytestmark = pytest.mark.real("bubblewrap")

ROOM = Room(octets=1 << 20, files=100, memory=256 << 20, seconds=20.0)


@pytest.fixture
def do(fake, shown_tar):
    """Have a script done in a sandbox; gives its status and the files that came out."""

    async def do(script, *words, where=ROOM):
        (path,) = fake(script).paths
        part = content_of([b"part"])
        ended = await run("/usr/bin/bwrap", [path, "into", "/room/out", *words], part, where)
        part.close()
        octets = b"".join(ended.content.span(0, ended.content.size))
        ended.content.close()
        return "cut" if ended.cut else ended.status, shown_tar(octets)

    return do


@pytest.mark.parametrize(
    "deed",
    [
        "cat /etc/shadow",
        "cat /etc/hostname",
        "ls /root || ls /home || ls /var || ls /run || ls /proc || ls /sys",
        "touch /usr/x",
        "touch /x || touch /in/x || touch /dev/x",
        "echo x >/in/part",
        "mknod out/x c 1 3",
        "mount -i -n -t tmpfs -o remount,nr_inodes=1000000 tmpfs /room",
        "mount -i -n -t tmpfs tmpfs /room/out",
        "chroot / true",
        "printenv SHELL || printenv USER || printenv PRATIQUE_CONFIG",
        # It is one of the first processes there are.
        "[ $$ -gt 50 ]",
    ],
)
async def test_what_a_program_may_not_do_it_cannot(do, deed):
    status, files = await do(f"if {deed}; then exit 1; fi; echo no >$folder/refused")
    assert (status, files) == (WHOLE, {"refused": b"no\n"})


async def test_there_is_no_network_but_an_own_loopback_that_is_down(do):
    status, files = await do(
        "perl -MSocket -e 'socket(S, PF_INET, SOCK_STREAM, 0) or exit 0;"
        ' exit(connect(S, pack_sockaddr_in(9, inet_aton("192.0.2.1"))) ? 1 : 0)\' || exit 1;'
        "echo none >$folder/network"
    )
    assert (status, files) == (WHOLE, {"network": b"none\n"})


@pytest.mark.parametrize(
    "word",
    [
        "plain",
        "-rf",
        "--",
        "-o/etc",
        "$(touch /room/out/ran)",
        "`touch /room/out/ran`",
        "; touch /room/out/ran",
        "' ; touch /room/out/ran ; '",
        '\\" ; touch /room/out/ran ; \\"',
        "a b\tc",
        "a\nb",
        "*",
        "{}",
        "../../x",
        "Straße пароль 密码",
    ],
)
async def test_a_word_of_a_message_reaches_the_program_as_it_is(do, word):
    status, files = await do('printf %s "$2" >$folder/word', word)
    assert (status, files) == (WHOLE, {"word": word.encode()})


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("This archive requires a password to unpack. Use the -p option to provide one.", LOCKED),
        ("ERROR: Data Error in encrypted file. Wrong password? : a.txt", LOCKED),
        ("Enter password (will not be echoed):", LOCKED),
        ("Cannot open encrypted archive. Wrong password?", LOCKED),
        ("ERROR: /in/part: Cannot open the file as archive", FAILED),
        ("passwords.txt... Failed! (Wrong checksum)", FAILED),
        ("System ERROR: errno=28 : No space left on device", FULL),
        ("", FAILED),
    ],
)
async def test_the_words_of_a_failure_tell_what_is_wrong(do, said, status):
    assert (await do(f"echo '{said}'; exit 2"))[0] == status
    # A program that opened all may say what it likes.
    assert (await do(f"echo '{said}'; exit 0"))[0] == WHOLE


async def test_what_was_written_before_a_failure_is_kept(do):
    assert await do("echo half >$folder/a; exit 2") == (FAILED, {"a": b"half\n"})


async def test_a_folder_that_is_full_says_so(do):
    # What lies in it is as much as may come out, and with tar's headers too much.
    assert (await do("cat /usr/bin/* >$folder/a"))[0] == "cut"
    # One that takes back what it could not finish.
    assert (await do("cat /usr/bin/* >$folder/a || rm $folder/a; exit 1"))[0] == FULL


@pytest.mark.parametrize(("count", "status"), [(50, WHOLE), (200, FULL)])
async def test_files_are_counted_too(do, count, status):
    made, files = await do(
        f"i=0; while [ $i -lt {count} ]; do : >$folder/f$i || exit 1; i=$((i+1)); done"
    )
    assert made == status
    assert len(files) == min(count, len(files)) <= ROOM.files


async def test_descriptors_processes_and_cores_have_limits(do):
    # What they come to is up to the kernel, which spares root: here it is what is asked for.
    _, files = await do("{ ulimit -n; ulimit -p; ulimit -c; } >$folder/limits")
    assert files == {"limits": b"256\n32\n0\n"}


async def test_memory_has_a_limit(do):
    status, _ = await do("perl -e '$a = \"x\" x (300 << 20)' || exit 1; echo >$folder/a")
    assert status == FAILED


async def test_a_program_that_dies_says_so(do):
    # xargs is told by the program's own end, so it must be the program that dies.
    assert (await do("kill -SEGV $$"))[0] == KILLED


@pytest.mark.parametrize(
    ("made", "names"),
    [
        ("mkdir -p $folder/a/b; echo x >$folder/a/b/c", {"a/b/c"}),
        # A link is a link: what it points to is not followed.
        ("ln -s /in/part $folder/l; ln -s /usr $folder/m; echo x >$folder/a", {"a"}),
        ("mkfifo $folder/p; echo x >$folder/a", {"a"}),
        ('echo x >$folder/-rf; echo x >"$folder/a\nb"', {"-rf", "a\nb"}),
        ("echo x >$folder/a; chmod 000 $folder/a", {"a"}),
        ("mkdir $folder/d; echo x >$folder/d/a; chmod 000 $folder/d", {"d/a"}),
        ("echo x >$folder/a; ln $folder/a $folder/b", {"a", "b"}),
        ("cd $folder; rm -rf $folder; echo y >/room/out", set()),
    ],
)
async def test_what_comes_out_are_the_files_under_their_names(do, made, names):
    _, files = await do(made)
    assert set(files) == names


async def test_what_tar_cannot_take_is_not_the_whole_whatever_the_program_says(do):
    assert await do("rmdir $folder; exit 0") == (FAILED, {})


async def test_names_are_octets(do):
    _, files = await do("echo x >$folder/$(printf 'caf\\351')")
    assert set(files) == {"caf\udce9"}
