"""Read archives in memory through libarchive, entry by entry, in bounded pieces.

libarchive-c has these calls too, but logs each warning with the archive's own words,
turns names through the locale, and cannot read from a piece of memory without a stack
of generators; so its loaded library is used here and not its reader.

libarchive tries every format that it knows, some of which run away on hostile input
(XAR by its own writer does), so formats are always named one by one.  Names are taken
as octets.  Under a UTF-8 locale libarchive converts none of the names of zip and tar
by iconv, which would want to open files: the worker sets LC_CTYPE to C.UTF-8.
"""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from libarchive import ffi

from pratique.scanners.budget import OverBudget
from pratique.scanners.containers.gather import Damaged, Gather
from pratique.scanners.part import Found, Member, Reached, as_bytes

# One piece of a member: small against any limit, large against the cost of a call.
PIECE = 64 * 1024

# archive.h, "Error codes returned by most functions".  A warning is about a name or an
# attribute and the entry is there; behind ARCHIVE_RETRY (-10) there is none, for instance
# where the checksum of a tar header is wrong.
_END, _OK, _WARN = 1, 0, -20
_GOOD = (_OK, _WARN)
# archive_entry.h: AE_IFREG and AE_IFDIR, the same as in stat(2).
_REGULAR, _FOLDER = 0o100000, 0o040000


def _call(name: str, result: Any, *arguments: Any) -> Any:
    """A function of the library without libarchive-c's error check (which logs)."""
    function = ffi.libarchive[name]
    function.restype = result
    function.argtypes = arguments
    return function


_p, _int = ctypes.c_void_p, ctypes.c_int
_new = _call("archive_read_new", _p)
_free = _call("archive_read_free", _int, _p)
_options = _call("archive_read_set_options", _int, _p, ctypes.c_char_p)
_password = _call("archive_read_add_passphrase", _int, _p, ctypes.c_char_p)
_open = _call("archive_read_open_memory", _int, _p, ctypes.c_char_p, ctypes.c_size_t)
_next = _call("archive_read_next_header", _int, _p, ctypes.POINTER(_p))
_block = _call(
    "archive_read_data_block",
    _int,
    _p,
    ctypes.POINTER(_p),
    ctypes.POINTER(ctypes.c_size_t),
    ctypes.POINTER(ctypes.c_int64),
)
_position = _call("archive_read_header_position", ctypes.c_longlong, _p)
_error = _call("archive_error_string", ctypes.c_char_p, _p)
_name = _call("archive_entry_pathname", ctypes.c_char_p, _p)
_filetype = _call("archive_entry_filetype", ctypes.c_uint, _p)
_size = _call("archive_entry_size", ctypes.c_longlong, _p)
_size_is_set = _call("archive_entry_size_is_set", _int, _p)
_hardlink = _call("archive_entry_hardlink", ctypes.c_char_p, _p)
_encrypted = _call("archive_entry_is_data_encrypted", _int, _p)


@dataclass(frozen=True, slots=True)
class Entry:
    """What an archive says of one of its entries.

    `position` counts from the first octet; it is true for readers that go from front
    to back only.  `size` is None where it is not known beforehand.
    """

    raw_name: bytes
    regular: bool
    folder: bool
    size: int | None
    encrypted: bool
    position: int


class Archive:
    """An open archive; a context, so that libarchive's memory is given back."""

    def __init__(
        self,
        octets: memoryview | bytes,
        *formats: str,
        filters: tuple[str, ...] = (),
        options: bytes = b"",
        password: bytes = b"",
    ) -> None:
        # libarchive keeps the pointer, so these must live as long as this object.
        self._octets = as_bytes(memoryview(octets))
        self._archive = _new()
        for name in formats:
            _call(f"archive_read_support_format_{name}", _int, _p)(self._archive)
        for name in filters:
            _call(f"archive_read_support_filter_{name}", _int, _p)(self._archive)
        if options:
            _options(self._archive, options)
        if password:
            _password(self._archive, password)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _free(self._archive)

    def entries(self) -> Iterator[Entry]:
        """Give the entries in order; the last one given is the one that `read` reads."""
        if _open(self._archive, self._octets, len(self._octets)) not in _GOOD:
            raise Damaged(self._words())
        entry = _p()
        while (status := _next(self._archive, ctypes.byref(entry))) != _END:
            if status not in _GOOD:
                raise Damaged(self._words())
            yield self._entry(entry)

    def _entry(self, entry: Any) -> Entry:
        filetype = _filetype(entry)
        return Entry(
            raw_name=_name(entry) or b"",
            regular=filetype == _REGULAR and _hardlink(entry) is None,
            folder=filetype == _FOLDER,
            size=_size(entry) if _size_is_set(entry) else None,
            encrypted=_encrypted(entry) == 1,
            position=_position(self._archive),
        )

    def pieces(self) -> Iterator[bytes]:
        """Give the octets of the entry at hand, in pieces of at most PIECE octets.

        By blocks and not by `archive_read_data`, which forgets what it has read before
        the damage.  Where a block begins later than the last one ended, zeros are meant.
        """
        block, size, offset = _p(), ctypes.c_size_t(), ctypes.c_int64()
        places = ctypes.byref(block), ctypes.byref(size), ctypes.byref(offset)
        position = 0
        while (status := _block(self._archive, *places)) != _END:
            # A warning without octets is about the ones that came: a wrong check sum.
            if status not in _GOOD or (status == _WARN and not size.value):
                raise Damaged(self._words())
            yield from _zeros(offset.value - position)
            for start in range(0, size.value, PIECE):
                address = (block.value or 0) + start
                yield ctypes.string_at(address, min(PIECE, size.value - start))
            position = max(position, offset.value + size.value)
            size.value = 0
        yield from _zeros(offset.value - position)

    def reached(self) -> int:
        """Where the last header began, or at the end of all entries the place behind them."""
        return max(0, int(_position(self._archive)))

    def _words(self) -> str:
        words = _error(self._archive) or b"no reason given"
        return str(words[:200].decode("ascii", "replace"))


def _zeros(count: int) -> Iterator[bytes]:
    for start in range(0, count, PIECE):
        yield bytes(min(PIECE, count - start))


def fill(member: Member, archive: Archive, entry: Entry, gather: Gather) -> Iterator[Found]:
    """Give the member with the octets of the entry at hand, or with why it has none."""
    # Where its size is known libarchive steps over it; else it would unpack it all.
    return fill_from(member, archive.pieces(), entry.size, gather)


def fill_from(
    member: Member, pieces: Iterator[bytes], size: int | None, gather: Gather
) -> Iterator[Found]:
    """Give the member with the octets of the pieces; no size if it costs to step over."""
    try:
        gather.budget.check_part_octets(size or 0)
        member.octets, member.why = gather.octets(pieces)
        member.unopened = "unreadable" if member.why else ""
    except OverBudget as over:
        member.unopened, member.why = "over_budget", over.detail
        yield member
        if over.class_ != "part_octets" or size is None:
            raise
        yield Reached(over.class_, over.detail, at=member)
    else:
        yield member
