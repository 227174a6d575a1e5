"""Say which outside program opens which type of part, and what Debian calls its package.

Tested with unar 1.10.1 and 7-Zip 26.02 of Debian 12: RAR and ARC made by hand; ARJ, 7z, WIM,
cpio, Debian packages, compress, LZMA, cramfs, squashfs; FAT and NTFS, bare and in VHD, VHDX,
VMDK, VDI and QCOW.  For zoo there was one file made by hand, which proves little.  StuffIt,
DMG, XAR, HFS, MSI and the rest are listed on the word of the programs' makers.  Where both open
a form, the one that opens more of it is tried first: `unar` takes every file of a Debian
package, `7z` only the largest; `7z` of Debian has no RAR.  What our own readers open never comes
here, so a superfluous line costs nothing.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Program:
    """An outside program: where it lies, and how it is called.

    The part's arguments follow `words`; all of them are ours, except for a password if there is
    one.  `option` precedes the password; where the two form one word, it is `joined`.
    """

    name: str
    # The first of these that exists is run.
    paths: tuple[str, ...]
    package: str
    words: tuple[str, ...]
    # A file that it opens: doing so needs everything that it will need of the system.
    sample: bytes
    option: str = "-p"
    joined: bool = False

    def arguments(self, path: str, part: str, folder: str, password: str) -> list[str]:
        """Return the whole command: unpack `part` into `folder`."""
        if self.joined:
            # Without the option it would prompt, and wait for an answer.
            locked = [f"{self.option}{password}"]
        else:
            locked = [self.option, password] if password else []
        words = [word.format(folder=folder) for word in self.words]
        return [path, *words, *locked, "--", part] if self.joined else [path, *words, *locked, part]


UNAR = Program(
    name="unar",
    paths=("/usr/bin/unar",),
    package="unar",
    # Quiet; no folder of its own; duplicate names are changed; archives within stay archives:
    # they are parts like others.
    words=("-quiet", "-no-directory", "-force-rename", "-no-recursion", "-output-directory",
           "{folder}"),
    # An empty file in a RAR 4 archive, stored: its time has no zone, so unar needs one.
    sample=bytes.fromhex(
        "526172211a0700cf907300000d00000000000000"
        "69b07400802100000000000000000003000000000060215414300100a481000061c43d7b00400700"
    ),
    option="-password",
)  # fmt: skip
SEVEN_ZIP = Program(
    name="7z",
    # The packages 7zip and p7zip-full.
    paths=("/usr/bin/7zz", "/usr/bin/7z"),
    package="7zip",
    # One thread, no output but errors, yes to all; duplicate names are changed.
    words=("x", "-mmt1", "-bso0", "-bsp0", "-y", "-aou", "-o{folder}"),
    # "x", compressed by gzip (RFC 1952).
    sample=bytes.fromhex("1f8b0800000000000203ab00008316dc8c01000000"),
    joined=True,
)
PROGRAMS = (UNAR, SEVEN_ZIP)

_ONLY_UNAR = (
    "application/vnd.rar",
    "application/x-arc",
    "application/x-stuffit",
    "application/x-zoo",
)
_UNAR_FIRST = (
    "application/vnd.debian.binary-package",
    "application/x-archive",
    "application/x-arj",
    "application/x-compress",
    "application/x-cpio",
    "application/x-lha",
    "application/x-lzma",
    "application/x-rpm",
)
_SEVEN_ZIP_FIRST = (
    "application/vnd.ms-cab-compressed",
    "application/x-7z-compressed",
    "application/x-bzip2",
    "application/x-iso9660-image",
    "application/x-tar",
    "application/x-xar",
    "application/x-xz",
    "application/zip",
)
_ONLY_SEVEN_ZIP = (
    "application/vnd.ms-htmlhelp",
    "application/x-apple-diskimage",
    "application/x-cramfs-image",
    "application/x-ext-image",
    "application/x-fat-image",
    "application/x-hfs-image",
    "application/x-ms-compress",
    "application/x-ms-wim",
    "application/x-msi",
    "application/x-ntfs-image",
    "application/x-qemu-disk",
    "application/x-raw-disk-image",
    "application/x-squashfs-image",
    "application/x-vhd",
    "application/x-vhdx",
    "application/x-virtualbox-vdi",
    "application/x-virtualbox-vhd",
    "application/x-vmdk",
    "application/x-wim",
    "application/zstd",
)

# Detected type -> names of programs, the better one first.
BY_TYPE: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_ONLY_UNAR, ("unar",)),
    **dict.fromkeys(_UNAR_FIRST, ("unar", "7z")),
    **dict.fromkeys(_SEVEN_ZIP_FIRST, ("7z", "unar")),
    **dict.fromkeys(_ONLY_SEVEN_ZIP, ("7z",)),
}
