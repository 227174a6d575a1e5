"""Name the kind of a part: what would happen if a person opened it.

The octets speak first: a program is a program under any name.  Then the name, since a
double click asks the name alone; it makes a program of what starts as one by its name,
whatever the octets (most are then refused by the system, but a scanner that relies on
that has to know every loader).  Two names are not enough by themselves: `.com` is the
end of many host names too, so a file that is positively text, a page, a picture, a
message or a PDF is not a program for being called `example.com`.  And a disk image is
mounted only if it is one, so there the name counts only for octets that say nothing.

The extensions are those that Windows runs or obeys on a double click (Outlook's list
of blocked file types, without those that open in an editor or a viewer), and what
macOS and Linux desktops start.  Shell, Perl, Python, and Ruby sources are text: no
desktop runs them on a click, and developers mail them all day.
"""

from collections.abc import Iterable

from pratique.scanners.names import extension

_EXECUTABLE = frozenset(
    "ade adp apk app appimage application appref-ms appx appxbundle chm com cpl deb diagcab dll "
    "drv efi exe fxp gadget grp hlp jar jnlp mau mav maw mda mdt mdw mdz mpkg msc msi msix "
    "msixbundle msp mst msu ocx ops osd pcd pif pkg plg rpm scr shb shs sys vsmacros xbap xll "
    "xpi".split()
)
_SCRIPT = frozenset(
    "applescript bat cmd command hta htc isp js jse msh msh1 msh1xml msh2 msh2xml mshxml ps1 "
    "ps1xml ps2 ps2xml psc1 psc2 psd1 psm1 reg scpt sct terminal vb vbe vbs ws wsc wsf "
    "wsh".split()
)
_SHORTCUT = frozenset(
    "desktop fileloc inetloc library-ms lnk rdp scf search-ms searchconnector-ms "
    "settingcontent-ms url webloc webpnp website".split()
)
_DISK_IMAGE = frozenset("dmg img iso toast udf vhd vhdx vmdk wim".split())
_ARCHIVE = frozenset(
    "7z ace arc arj bz bz2 cab cpio gz lha lz lzh lzma rar tar taz tbz tbz2 tgz txz xz z zip "
    "zipx zoo zst".split()
)
_DOCUMENT = frozenset(
    "doc docm docx dot dotm dotx fodt hwp key mpp msg numbers odp ods odt one onepkg onetoc2 "
    "pages pdf pot potm potx pps ppsm ppsx ppt pptm pptx pub rtf vsd vsdx wbk wpd wri xla xlam "
    "xls xlsb xlsm xlsx xlt xlw xps".split()
)
_HTML = frozenset("htm html mht mhtml shtml svg svgz xht xhtml".split())
_BY_EXTENSION = {
    **dict.fromkeys(_ARCHIVE, "archive"),
    **dict.fromkeys(_DOCUMENT, "document"),
    **dict.fromkeys(_HTML, "html"),
    **dict.fromkeys(_DISK_IMAGE, "disk_image"),
    **dict.fromkeys(_SHORTCUT, "shortcut"),
    **dict.fromkeys(_SCRIPT, "script"),
    **dict.fromkeys(_EXECUTABLE, "executable"),
}

# Detected types that say more than their first half.
_BY_TYPE = {
    **dict.fromkeys(
        (
            "application/java-archive",
            "application/java-vm",
            "application/vnd.android.dex",
            "application/vnd.android.package-archive",
            "application/vnd.debian.binary-package",
            "application/vnd.microsoft.portable-executable",
            "application/vnd.ms-htmlhelp",
            "application/wasm",
            "application/x-dosexec",
            "application/x-elf",
            "application/x-mach-binary",
            "application/x-msi",
            "application/x-rpm",
        ),
        "executable",
    ),
    **dict.fromkeys(("application/hta", "text/x-encoded-script"), "script"),
    **dict.fromkeys(("application/x-ms-shortcut", "application/x-mswinurl"), "shortcut"),
    **dict.fromkeys(
        (
            "application/gzip",
            "application/mac-binhex40",
            "application/vnd.ms-cab-compressed",
            "application/vnd.ms-tnef",
            "application/vnd.rar",
            "application/x-7z-compressed",
            "application/x-ace",
            "application/x-arc",
            "application/x-archive",
            "application/x-arj",
            "application/x-bzip2",
            "application/x-compress",
            "application/x-cpio",
            "application/x-lha",
            "application/x-lrzip",
            "application/x-lz4",
            "application/x-lzip",
            "application/x-lzma",
            "application/x-rar",
            "application/x-stuffit",
            "application/x-tar",
            "application/x-xar",
            "application/x-xz",
            "application/x-zoo",
            "application/zip",
            "application/zstd",
        ),
        "archive",
    ),
    **dict.fromkeys(
        (
            "application/x-apple-diskimage",
            "application/x-iso9660-image",
            "application/x-vhd",
            "application/x-vhdx",
            "application/x-vmdk",
            "application/x-wim",
        ),
        "disk_image",
    ),
    **dict.fromkeys(
        (
            "application/epub+zip",
            "application/msword",
            "application/onenote",
            "application/pdf",
            "application/postscript",
            "application/rtf",
            "application/x-ole-storage",
            "application/x-ole-encrypted",
            "text/rtf",
        ),
        "document",
    ),
    **dict.fromkeys(("application/xhtml+xml", "image/svg+xml", "text/html"), "html"),
    **dict.fromkeys(("message/rfc822", "message/global", "message/news"), "message"),
    **dict.fromkeys(("message/partial", "message/external-body"), "message"),
    **dict.fromkeys(("application/json", "application/xml", "message/delivery-status"), "text"),
}
_BY_PREFIX = (
    ("application/vnd.openxmlformats-officedocument.", "document"),
    ("application/vnd.oasis.opendocument.", "document"),
    ("application/vnd.ms-", "document"),
    ("multipart/", "multipart"),
    ("image/", "image"),
    ("audio/", "audio"),
    ("video/", "video"),
    ("text/", "text"),
    ("message/", "text"),
)
# Kinds that a name of its own makes, against what the octets seem to be.
DANGEROUS = ("executable", "script", "shortcut", "disk_image")
# What a file named like a host may be and still be no program.
_NO_COM_PROGRAM = frozenset({"text", "html", "image", "message", "multipart"})
# The EICAR test file: text that is a program when it is named so.
EICAR = "text/x-eicar"
# Says nothing: a scanner's "I do not know".
UNKNOWN = frozenset({"", "application/octet-stream", "application/x-empty"})


def kind(type_: str, names: Iterable[str], declared_type: str) -> str:
    """The kind of a part by its detected type, all of its names, its declared type."""
    by_octets = of_type(type_)
    if by_octets in DANGEROUS:
        return by_octets
    by_name = {of_name(name) for name in names if runs_as_named(name, type_)}
    for dangerous in DANGEROUS:
        if dangerous in by_name:
            return dangerous
    return _harmless(type_, by_octets, by_name, declared_type)


def _harmless(type_: str, by_octets: str, by_name: set[str], declared_type: str) -> str:
    """A page is a page if either its declaration or its name has it shown as one."""
    by_declaration = of_type(declared_type)
    if by_octets == "text" and "html" in (by_declaration, *by_name):
        return "html"
    if type_ not in UNKNOWN:
        return by_octets
    return next(
        (said for said in (*sorted(by_name), by_declaration) if said not in {"", "other"}), "other"
    )


def of_type(type_: str) -> str:
    """The kind that a media type means."""
    known = _BY_TYPE.get(type_)
    if known is not None:
        return known
    return next((word for prefix, word in _BY_PREFIX if type_.startswith(prefix)), "other")


def of_name(name: str) -> str:
    """The kind that a name's last extension means; empty if it means none."""
    return _BY_EXTENSION.get(extension(name), "")


def runs_as_named(name: str, type_: str) -> bool:
    """Whether the octets leave it to the name what the file is (see above)."""
    last = extension(name)
    if last in _DISK_IMAGE:
        return type_ in UNKNOWN
    if last == "com" and type_ != EICAR:
        return of_type(type_) not in _NO_COM_PROGRAM and type_ != "application/pdf"
    return True


# Containers that keep something from us, and the word for why.
_UNOPENED = {
    "application/pgp-encrypted": ("pgp", "it is encrypted with OpenPGP"),
    "application/pkcs7-mime": ("smime", "it is encrypted with CMS"),
    "application/x-ole-encrypted": ("document_password", "the document is encrypted"),
    "application/x-pkcs7-signed": ("unreadable", "no reader for signed data (CMS) yet"),
    "application/vnd.ms-outlook": ("unreadable", "no reader for Outlook messages yet"),
    "application/vnd.ms-tnef": ("unreadable", "no reader for TNEF yet"),
    "application/onenote": ("needs_program", "no reader for OneNote yet"),
}


def unopened(type_: str, kind_: str) -> tuple[str, str]:
    """Why a part that no reader recognized was not opened; twice nothing for a leaf."""
    if type_ in _UNOPENED:
        return _UNOPENED[type_]
    if kind_ == "message":
        return "unreadable", f"no reader for {type_}"
    if of_type(type_) in {"archive", "disk_image"}:
        return "needs_program", f"no reader for {type_} yet"
    return "", ""
