"""Give up every right that seeing a message does not need, or do not see it.

A worker reads what strangers wrote, with libraries in C whose next bug is a matter of
time.  So before its first hostile octet it gives up, in this order: root (if it has
it), resources, the right to gain rights (prctl(2) PR_SET_NO_NEW_PRIVS), the file
system and the network (landlock(7), with no path and no port at all), and every system
call that computing on memory and answering on one socket does not need (seccomp(2)).
Landlock and seccomp overlap on purpose: each alone refuses open, connect and exec.

What remains is: memory within a limit, the descriptors it was handed, and time.

It fails closed: a step that cannot be taken raises `Unconfined`, and the worker ends.
A refused system call gives EPERM, so that a library's optional wish (reading a locale
file, say) is not a crash; calls that nothing honest makes here end the process.
"""

import ctypes
import errno
import fcntl
import os
import resource
import signal
import struct
from dataclasses import dataclass

# Landlock's system calls have the same numbers on every architecture (since Linux 5.13).
_LANDLOCK_CREATE_RULESET = 444
_LANDLOCK_RESTRICT_SELF = 446
_LANDLOCK_CREATE_RULESET_VERSION = 1

# linux/landlock.h: access rights on files by ABI 1 (13 rights), 2 REFER, 3 TRUNCATE,
# 5 IOCTL_DEV; on the network from 4 (bind, connect); scopes from 6 (abstract unix
# sockets, signals).
_FS_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_NET_RIGHTS = 0b11
_SCOPES = 0b11

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38

# The user "nobody": every Debian has it, and it owns nothing.
NOBODY = 65534

# Enough for a socket, a message and what a reader opens on its own descriptors.
_MAX_DESCRIPTORS = 32

# seccomp.h of libseccomp.
_ACT_KILL_PROCESS = 0x80000000
_ACT_ALLOW = 0x7FFF0000
_ACT_ERRNO = 0x00050000
_NR_UNKNOWN = -1

# What computing on memory and answering on a socket takes.  Not newfstatat: it tells of
# paths, which landlock does not hide.  Of fcntl only what maps a descriptor: F_SETSIG
# could make the kernel signal the parent.
_ALLOWED = (
    "read write readv writev pread64 recvmsg sendmsg recvfrom sendto poll ppoll select "
    "pselect6 close fstat lseek dup "
    "mmap munmap mprotect mremap madvise brk "
    "futex sched_yield sched_getaffinity restart_syscall clock_gettime clock_getres "
    "gettimeofday time times getrusage "
    "rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack "
    "getpid gettid getuid geteuid getgid getegid getrandom sysinfo uname "
    "exit exit_group"
).split()

_ALLOWED_FCNTL = (fcntl.F_GETFD, fcntl.F_SETFD, fcntl.F_GETFL, fcntl.F_DUPFD_CLOEXEC)

# Nothing honest in a worker calls these: whoever does is caught in the act.
_DEADLY = (
    "execve execveat ptrace bpf io_uring_setup io_uring_enter userfaultfd keyctl add_key "
    "perf_event_open process_vm_readv process_vm_writev kexec_load init_module "
    "finit_module mount pivot_root unshare setns"
).split()


class Unconfined(Exception):
    """A right could not be given up; nothing hostile may be read."""


class _Argument(ctypes.Structure):
    """struct scmp_arg_cmp: which argument, compared how (4 is equal), with what."""

    _fields_ = (
        ("number", ctypes.c_uint),
        ("comparison", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


@dataclass(frozen=True, slots=True)
class Confinement:
    """How far to go.  `memory` is octets of address space on top of what is in use."""

    memory: int
    landlock: bool = True
    seccomp: bool = True


_libc = ctypes.CDLL(None, use_errno=True)


def confine(wanted: Confinement) -> str:
    """Give up all rights of this process, and say what holds it now, for the log."""
    # A library is a file: it must be open before files are out of reach.
    library = _libseccomp() if wanted.seccomp else None
    parent = os.getppid()
    _leave_root()
    _limit_resources(wanted.memory)
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise Unconfined("the parent ended before this process could be bound to it")
    _prctl(_PR_SET_DUMPABLE, 0)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    holds = []
    if wanted.landlock:
        holds.append(f"landlock {_landlock()}")
    if library is not None:
        _seccomp(library)
        holds.append("seccomp")
    return ", ".join(holds)


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends (prctl(2), PR_SET_PDEATHSIG)."""
    parent = os.getppid()
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise Unconfined("the parent has ended already")


def _leave_root() -> None:
    # Before PR_SET_PDEATHSIG: a change of user clears it (prctl(2)).
    if os.geteuid() != 0:
        return
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


def _limit_resources(memory: int) -> None:
    in_use = _address_space()
    for what, limit in (
        (resource.RLIMIT_AS, in_use + memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _MAX_DESCRIPTORS),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        _, hard = resource.getrlimit(what)
        wanted = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(what, (wanted, wanted))


def _address_space() -> int:
    # proc(5), /proc/pid/statm: the first number is the size in pages.
    with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123 - one read, no object needed
        return int(statm.read().split()[0]) * resource.getpagesize()


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise Unconfined(f"prctl {option}: {os.strerror(ctypes.get_errno())}")


def _landlock() -> int:
    """Forbid every path and every port; give the version of the kernel's interface."""
    version = _libc.syscall(_LANDLOCK_CREATE_RULESET, None, 0, _LANDLOCK_CREATE_RULESET_VERSION)
    if version < 1:
        raise Unconfined(
            "this kernel has no landlock (it is in Linux since 5.13, and must be in the kernel's "
            "list of security modules, boot option lsm=)"
        )
    ruleset = _libc.syscall(_LANDLOCK_CREATE_RULESET, *_ruleset(version), 0)
    if ruleset < 0:
        raise Unconfined(f"landlock_create_ruleset: {os.strerror(ctypes.get_errno())}")
    try:
        if _libc.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0) != 0:
            raise Unconfined(f"landlock_restrict_self: {os.strerror(ctypes.get_errno())}")
    finally:
        os.close(ruleset)
    return int(version)


def _ruleset(version: int) -> tuple[bytes, int]:
    """Pack struct landlock_ruleset_attr, as long as this version of the interface knows it."""
    rights = (1 << _FS_RIGHTS[min(version, max(_FS_RIGHTS))]) - 1
    fields = [rights]
    if version >= 4:
        fields.append(_NET_RIGHTS)
    if version >= 6:
        fields.append(_SCOPES)
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    return attributes, len(attributes)


def _seccomp(library: ctypes.CDLL) -> None:
    """Allow the few calls above; let libseccomp write the filter for this processor."""
    context = library.seccomp_init(ctypes.c_uint32(_ACT_ERRNO | errno.EPERM))
    if not context:
        raise Unconfined("seccomp_init failed")
    try:
        for action, names in ((_ACT_ALLOW, _ALLOWED), (_ACT_KILL_PROCESS, _DEADLY)):
            for name in names:
                _rule(library, context, action, name)
        for command in _ALLOWED_FCNTL:
            _rule(library, context, _ACT_ALLOW, "fcntl", _Argument(1, 4, command, 0))
        status = library.seccomp_load(ctypes.c_void_p(context))
        if status != 0:
            raise Unconfined(f"seccomp_load: {os.strerror(-status)}")
    finally:
        library.seccomp_release(ctypes.c_void_p(context))


def _rule(library: ctypes.CDLL, context: int, action: int, name: str, *only: _Argument) -> None:
    number = library.seccomp_syscall_resolve_name(name.encode())
    if number == _NR_UNKNOWN:
        # Newer than the installed libseccomp: it stays under the default, refused.
        return
    arguments = (_Argument * len(only))(*only)
    status = library.seccomp_rule_add_array(
        ctypes.c_void_p(context), ctypes.c_uint32(action), number, len(only), arguments
    )
    # -EDOM: the call does not exist on this processor (time on aarch64, say).
    if status not in (0, -errno.EDOM):
        raise Unconfined(f"seccomp_rule_add {name}: {os.strerror(-status)}")


def _libseccomp() -> ctypes.CDLL:
    try:
        library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    except OSError as error:
        raise Unconfined(f"libseccomp is not installed (Debian: libseccomp2): {error}") from error
    library.seccomp_init.restype = ctypes.c_void_p
    return library
