"""Read as others do: what the standard library, a Rust reader and libarchive surface.

They are the oracle: a file that one of them shows to its user must be among our parts, or
the message must say that something in it was not seen.  Whatever they raise ends their
reading and nothing else; they are not on trial.
"""

import bz2
import email  # noqa: TID251 - as an oracle, outside of what we ship
import email.policy  # noqa: TID251
import gzip
import io
import logging
import lzma
import tarfile
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import islice

import fast_mail_parser
import libarchive
from libarchive.exception import ArchiveError

# A reader of others may unpack a bomb; what is longer is not compared.
LONGEST = 1 << 22
# It says to the log what it forgives.
logging.getLogger("libarchive").setLevel(logging.CRITICAL)
MOST = 200
BLOCK = 4096
_LEAVES = 400


def _standard(policy: email.policy.Policy) -> Callable[[bytes], Iterator[bytes]]:
    def read(octets: bytes) -> Iterator[bytes]:
        message = email.message_from_bytes(octets, policy=policy)
        for count, part in enumerate(message.walk()):
            if count > _LEAVES:
                return
            if not part.is_multipart():
                shown = part.get_payload(decode=True)
                if isinstance(shown, bytes):
                    yield shown

    return read


def _fast(octets: bytes) -> Iterator[bytes]:
    for each in fast_mail_parser.parse_email(octets).attachments:
        yield bytes(each.content)


MAIL_READERS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "email compat32": _standard(email.policy.compat32),
    "email default": _standard(email.policy.default),
    "fast-mail-parser": _fast,
}


def _zipfile(octets: bytes) -> Iterator[bytes]:
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        for entry in archive.infolist()[:MOST]:
            with suppress(Exception), archive.open(entry) as member:
                yield member.read(LONGEST)


def _tarfile(octets: bytes) -> Iterator[bytes]:
    with tarfile.open(fileobj=io.BytesIO(octets), mode="r:") as archive:
        for _ in range(MOST):
            entry = archive.next()
            if entry is None:
                return
            member = archive.extractfile(entry) if entry.isreg() and not entry.issparse() else None
            if member is not None:
                yield member.read(LONGEST)


def _stream(open_: Callable[..., io.BufferedIOBase]) -> Callable[[bytes], Iterator[bytes]]:
    def read(octets: bytes) -> Iterator[bytes]:
        with open_(io.BytesIO(octets)) as stream:
            whole = stream.read(LONGEST)
            if len(whole) < LONGEST:
                yield whole

    return read


def _libarchive(octets: bytes) -> Iterator[bytes]:
    with libarchive.memory_reader(octets) as archive:
        for count, entry in enumerate(archive):
            if count > MOST:
                return
            with suppress(ArchiveError):
                whole = b"".join(islice(entry.get_blocks(), LONGEST // BLOCK))
                # Where it warns at a member's end, the binding gives the rest of its buffer too.
                size = len(whole) if entry.size is None else entry.size
                yield whole[:size]


BOX_READERS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "zipfile": _zipfile,
    "tarfile": _tarfile,
    "gzip": _stream(gzip.open),
    "bz2": _stream(bz2.open),
    # Not the older form, which has no mark: to it, most octets are a file.
    "lzma": _stream(partial(lzma.open, format=lzma.FORMAT_XZ)),
    "libarchive": _libarchive,
}


def surfaced(
    readers: dict[str, Callable[[bytes], Iterator[bytes]]], octets: bytes
) -> Iterator[tuple[str, bytes]]:
    """What each reader shows, with its name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, read in readers.items():
            try:
                for shown in read(octets):
                    if shown:
                        yield name, shown
            except Exception:  # noqa: BLE001 - theirs, and it ends their reading only
                continue
