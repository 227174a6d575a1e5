"""Write the one command line that every outside program runs under: bubblewrap's.

What runs there has no network, sees no process and no user of this host, has no rights
within its own namespaces, nothing of the environment, and of the file system only /usr,
read-only.  It may write into one folder that lies in memory and is limited in size and number
of files.  Its input comes by descriptor and is called /in/part, whatever the message calls it.

Two short shell scripts surround the program.  They are constants: what comes from a message (a
password, and nothing else) goes to the program through a file of arguments that `xargs` reads,
and no shell sees it.  The first script limits the number of files, which bubblewrap cannot, and
gives up the right that this takes.  The second sets limits on the program, runs it, and has
`tar` write the result to standard output: links as links, devices and pipes unopened.  What the
program says is searched, in the sandbox, for the words that tell a locked archive from a broken
one; only the exit status comes out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PART, ARGUMENTS, FOLDER = "/in/part", "/in/arguments", "/room/out"
# A program's messages are kept apart: a full folder must not lose them, nor they fill it.
_SAID, _SAID_OCTETS = "/said/all", 64 * 1024

# Without its user's home, unar finds no time zone, and then opens no RAR.
USERS = b"nobody:x:65534:65534::/room:/bin/sh\n"

# Exit statuses of the scripts.  bubblewrap uses 1 where it cannot begin, a shell 126 and 127.
WHOLE, FAILED, LOCKED, FULL, KILLED, NO_PROGRAM, NO_ROOM = 0, 71, 72, 73, 74, 75, 90
# Precedes the exit status of a program that only inspects.
LOOKED = "pratique: status "

# An unpacker uses a dozen descriptors, and one process.
_DESCRIPTORS = 256
_PROCESSES = 32
# ulimit -f counts in blocks, ulimit -v in kibibytes (dash(1)).
_BLOCK, _KIBIBYTE = 512, 1024

# $1 octets, $2 files, $3 the second script, then that script's own arguments.
_CONFINE = f"""
mount -i -n -t tmpfs -o "remount,size=$1,nr_inodes=$2" tmpfs /room || exit {NO_ROOM}
script=$3
shift 3
exec setpriv --ambient-caps=-all --inh-caps=-all --bounding-set=-all --no-new-privs \\
    sh -c "$script" sh "$@"
"""

# $1 seconds, $2 kibibytes of memory, $3 blocks of one file, $4 the program.
_UNPACK = f"""
exec 2>/dev/null
umask 077
ulimit -c 0 && ulimit -n {_DESCRIPTORS} && ulimit -p {_PROCESSES} || exit {NO_ROOM}
ulimit -t "$1" && ulimit -v "$2" && ulimit -f "$3" && mkdir out || exit {NO_ROOM}
xargs -0 -x -a {ARGUMENTS} "$4" >{_SAID} 2>&1
case $? in
    0) end={WHOLE} ;;
    125) end={KILLED} ;;
    126 | 127) end={NO_PROGRAM} ;;
    *) end={FAILED} ;;
esac
if [ $end != {WHOLE} ]; then
    ! grep -aqE 'a password|[Ww]rong password|Enter password|encrypted archive' {_SAID} ||
        end={LOCKED}
    # The last is xargs on SIGXCPU and SIGXFSZ (signal(7)).
    ! grep -aqE 'No space left|File (too large|size limit)|by signal 2[45]' {_SAID} || end={FULL}
    [ "$(stat -f -c %f .)" != 0 ] && [ "$(stat -f -c %d .)" != 0 ] || end={FULL}
fi
chmod -R u+rwX out
tar --create --file=- --format=gnu --numeric-owner --owner=0 --group=0 --hard-dereference \\
    --directory=out . || [ $end != {WHOLE} ] || end={FAILED}
exit $end
"""

# $1 seconds, $2 kibibytes of memory, $3 blocks of one file, then the program and its words.
# The status comes last, whatever the program says: without one it was not run to its end.
_LOOK = f"""
umask 077
ulimit -c 0 && ulimit -n {_DESCRIPTORS} && ulimit -p {_PROCESSES} || exit {NO_ROOM}
ulimit -t "$1" && ulimit -v "$2" && ulimit -f "$3" || exit {NO_ROOM}
shift 3
"$@" <{PART} 2>&1
printf '\\n{LOOKED}%d\\n' $?
"""


@dataclass(frozen=True, slots=True)
class Room:
    """What one run may take: octets and files that it writes, memory, seconds."""

    octets: int
    files: int
    memory: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Inherited:
    """Numbers of the descriptors that bubblewrap inherits: three to read, one to write."""

    part: int
    arguments: int
    users: int
    told: int


def command(bubblewrap: str, program: str, room: Room, inherited: Inherited) -> list[str]:
    """Return the command line of a program that unpacks; `program` is a path on this host."""
    shown = _system(program)
    return [*_confined(bubblewrap, shown, room, inherited), _UNPACK, *_limits(room), program]


def looking(
    bubblewrap: str,
    words: Sequence[str],
    shown: Sequence[str],
    room: Room,
    inherited: Inherited,
) -> list[str]:
    """Return that of a program that inspects the part, also given as its standard input.

    `words` are an admin's, and none comes from a message; `shown` are other places on this host
    that it may read.
    """
    places = _system(words[0])
    for place in shown:
        places += ["--ro-bind", place, place]
    return [*_confined(bubblewrap, places, room, inherited), _LOOK, *_limits(room), *words]


def _confined(bubblewrap: str, shown: Sequence[str], room: Room, inherited: Inherited) -> list[str]:
    """Return all of it up to the second script."""
    return [
        bubblewrap,
        # The script is the first process: when it ends the kernel ends all others, before
        # bubblewrap is told and reaps it.
        *"--unshare-user --unshare-all --die-with-parent --new-session --as-pid-1".split(),
        *"--uid 65534 --gid 65534 --cap-drop ALL".split(),
        # For the first script only: to change the mount below, and to drop both again.
        *"--cap-add CAP_SYS_ADMIN --cap-add CAP_SETPCAP".split(),
        *"--clearenv --setenv PATH /usr/bin:/bin --setenv LC_ALL C.UTF-8".split(),
        *"--setenv HOME /room --setenv TMPDIR /room".split(),
        *shown,
        *"--dir /dev --dev-bind /dev/null /dev/null --dir /in".split(),
        *("--ro-bind-data", str(inherited.part), PART),
        *("--ro-bind-data", str(inherited.arguments), ARGUMENTS),
        *("--size", str(room.octets), "--tmpfs", "/room", "--chdir", "/room"),
        *("--size", str(_SAID_OCTETS), "--tmpfs", "/said"),
        *("--ro-bind-data", str(inherited.users), "/etc/passwd"),
        # bubblewrap's own root lies in memory too, and is not limited in size.
        *("--remount-ro", "/"),
        *("--info-fd", str(inherited.told)),
        *("--", "/bin/sh", "-c", _CONFINE, "sh", str(room.octets), str(room.files)),
    ]


def _limits(room: Room) -> list[str]:
    return [
        str(max(1, round(room.seconds))),
        str(room.memory // _KIBIBYTE),
        str(room.octets // _BLOCK + 1),
    ]


def _system(program: str) -> list[str]:
    """Show /usr, the places that Debian has next to it, and the program if it lies elsewhere."""
    shown = ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        place = Path("/", name)
        if place.is_symlink():
            shown += ["--symlink", f"usr/{name}", str(place)]
        elif place.is_dir():
            shown += ["--ro-bind", str(place), str(place)]
    if not program.startswith("/usr/"):
        shown += ["--ro-bind", program, program]
    return shown
