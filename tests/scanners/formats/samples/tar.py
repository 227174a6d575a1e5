"""Tar files, made with the standard library; a sparse one by hand."""

import io
import tarfile


def tar_of(files: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    space = io.BytesIO()
    with tarfile.open(fileobj=space, mode="w", format=form) as archive:
        for name, octets in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(octets)
            archive.addfile(member, io.BytesIO(octets))
    return space.getvalue()


def good(text: bytes) -> bytes:
    return tar_of({"fox.txt": text})


def broken(text: bytes) -> bytes:
    return good(text)[:700]


def bomb() -> bytes:
    return sparse_tar(1 << 30)


def sparse_tar(size: int) -> bytes:
    """An old GNU sparse file: one octet at the end of a hole (tar manual, "Sparse Formats")."""
    header = bytearray(512)
    header[0:5] = b"holes"
    header[100:108] = b"0000644\0"
    header[108:124] = b"0000000\0" * 2
    header[124:136] = b"00000001000\0"
    header[136:148] = b"00000000000\0"
    header[156:157] = b"S"
    header[257:265] = b"ustar  \0"
    header[386:398] = b"%011o\0" % (size - 512)
    header[398:410] = b"00000001000\0"
    header[483:495] = b"%011o\0" % size
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + bytes(512) + bytes(1024)
