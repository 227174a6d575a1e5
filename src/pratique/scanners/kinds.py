"""Name the kind of a part: what would happen if a person opened it.

The octets speak first: a program is a program under any name.  Then the name, since a
double click asks the name alone; it makes a program of what starts as one by its name,
whatever the octets (most are then refused by the system, but a scanner that relies on
that has to know every loader).  Two names are not enough by themselves: `.com` is the
end of many host names too, so a file whose octets are known, as a text, a picture or an
archive are, is not a program for being called `example.com`; a real one has no
signature.  And a disk image is mounted only if it is one, so there the name counts only
for octets that say nothing.  Where octets are text or say nothing, a declared type is as
good as a name: mail programs give a file its extension from it.

The extensions are those that Windows runs or obeys on a double click, and what macOS
and Linux desktops start.  Microsoft's list ("Blocked attachments in Outlook") is taken,
but for these, which open in an editor or a viewer, or which are ordinary files of other
programs: asp, aspx, asx, cer, crt, der, tmp; cnt (counts), mat (MATLAB), mdb (a
database), pst (mail, an archive here).  Shell, Perl, Python, and Ruby sources (csh, ksh,
pl, py of that list) are text: no desktop runs them on a click, and developers mail them
all day; pyw and the packed pyz are applications.
"""

from collections.abc import Iterable
from functools import lru_cache

from pratique.scanners.names import extension

_EXECUTABLE = frozenset(
    "accda accde accdr accdu ade adp air apk app appimage appinstaller application appref-ms appx "
    "appxbundle chm com cpl deb diagcab diagpkg dll drv efi exe flatpak flatpakref fxp gadget grp "
    "hlp hpj jar jnlp mcf mda mde mdt mdw mdz mpkg msc msi msix msixbundle msp mst msu ocx ops osd "
    "pcd pif pkg plg ppkg prg pyc pyo pyz pyzw rpm scr shb shs snap sys vsmacros vsw wsb xbap xll "
    "xpi".split()
)
_SCRIPT = frozenset(
    "a3x ahk applescript bas bat bgi cdxml cmd command hta htc inf ins isp its js jse msh msh1 "
    "msh1xml msh2 msh2xml mshxml prf ps1 ps1xml ps2 ps2xml psc1 psc2 psd1 psdm1 psm1 pssc pyw reg "
    "scpt scptd sct terminal tool vb vbe vbp vbs ws wsc wsf wsh".split()
)
_SHORTCUT = frozenset(
    "appcontent-ms desktop deskthemepack fileloc inetloc library-ms lnk mad maf mag mam maq mar "
    "mas mau mav maw osdx printerexport rdp scf search-ms searchconnector-ms settingcontent-ms "
    "theme themepack udl url webloc webpnp website xnk".split()
)
_DISK_IMAGE = frozenset("dmg img iso toast udf vhd vhdx vmdk wim".split())
# What WinZip and 7-Zip open by its name, mailboxes of Outlook as well.
_ARCHIVE = frozenset(
    "7z ace arc arj b64 bz bz2 cab cpio gz hqx lha lz lz4 lzh lzma ost pst rar sit sitx tar taz "
    "tbz tbz2 tgz tlz txz uu uue xxe xz z zip zipx zoo zst".split()
)
_DOCUMENT = frozenset(
    "accdb doc docm docx dot dotm dotx dqy fodt hwp iqy key mdb mpp msg numbers odp ods odt one "
    "onepkg onetoc2 oqy pages pdf pot potm potx ppa ppam pps ppsm ppsx ppt pptm pptx pub rqy rtf "
    "sldm slk vsd vsdx wbk wll wpd wri xla xlam xls xlsb xlsm xlsx xlt xlw xps".split()
)
# Mail programs and browsers open these as the message that they are.
MESSAGES = frozenset("eml emlx mbox mbx mht mhtml mim nws".split())
PAGES = frozenset("htm html shtml svg svgz xht xhtml".split())
PAGE_TYPES = frozenset({"application/xhtml+xml", "image/svg+xml", "text/html"})
_BY_EXTENSION = {
    **dict.fromkeys(MESSAGES, "message"),
    **dict.fromkeys(_ARCHIVE, "archive"),
    **dict.fromkeys(_DOCUMENT, "document"),
    **dict.fromkeys(PAGES, "html"),
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
            "application/mbox",
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
            "application/x-installshield",
            "application/x-lrzip",
            "application/x-lzop",
            "application/x-ms-compress",
            "application/x-uc2",
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
            "application/x-exfat-image",
            "application/x-ext-image",
            "application/x-fat-image",
            "application/x-hfs-image",
            "application/x-ntfs-image",
            "application/x-qemu-disk",
            "application/x-raw-disk-image",
            "application/x-squashfs-image",
            "application/x-virtualbox-vdi",
            "application/x-cramfs-image",
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
    **dict.fromkeys(PAGE_TYPES, "html"),
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
# Types that nobody detects, but that mail programs know for files that run.
_BY_DECLARATION = {
    **dict.fromkeys(
        (
            "application/appinstaller",
            "application/appx",
            "application/bat",
            "application/exe",
            "application/msix",
            "application/prg",
            "application/vnd.ms-appinstaller",
            "application/x-bat",
            "application/x-chm",
            "application/x-exe",
            "application/x-java-archive",
            "application/x-java-jnlp-file",
            "application/x-ms-application",
            "application/x-ms-installer",
            "application/x-ms-xbap",
            "application/x-msdos-program",
            "application/x-msdos-windows",
            "application/x-msdownload",
            "application/x-winexe",
        ),
        "executable",
    ),
    **dict.fromkeys(
        (
            "application/ecmascript",
            "application/javascript",
            "application/x-internet-signup",
            "application/x-javascript",
            "application/x-powershell",
            "application/x-vbs",
            "application/x-vbscript",
            "text/ecmascript",
            "text/javascript",
            "text/jscript",
            "text/scriptlet",
            "text/vbs",
            "text/vbscript",
            "text/x-javascript",
            "text/x-vbscript",
        ),
        "script",
    ),
    **dict.fromkeys(
        ("application/internet-shortcut", "application/x-desktop", "application/x-url"),
        "shortcut",
    ),
    **dict.fromkeys(
        (
            "application/x-compressed",
            "application/x-gtar",
            "application/x-gzip",
            "application/x-rar-compressed",
            "application/x-zip",
            "application/x-zip-compressed",
        ),
        "archive",
    ),
}
# Kinds that a name of its own makes, against what the octets seem to be.
DANGEROUS = ("executable", "script", "shortcut", "disk_image")
# What a file named like a host may be and still be no program.
_NO_COM_PROGRAM = frozenset(
    "archive audio document html image message multipart text video".split()
)
# The EICAR test file: text that is a program when it is named so.
EICAR = "text/x-eicar"
# Text that certainly is no message, whatever it is called.
RUNS_AS_TEXT = frozenset({EICAR})
# Declared types that are believed (RFC 2046 5.1 and 5.2.1, RFC 6532 3.7); what others of
# `message/` hold is defined elsewhere or not at all.
_BELIEVED = frozenset({"message/rfc822", "message/global", "message/news"})
# Says nothing: a scanner's "I do not know".
UNKNOWN = frozenset({"", "application/octet-stream", "application/x-empty"})


def kind(type_: str, names: Iterable[str], declared_type: str) -> str:
    """The kind of a part by its detected type, all of its names, its declared type."""
    return kind_called(type_, frozenset(map(extension, names)), declared_type)


# One mail has few kinds of parts, and the next has the same.
@lru_cache(maxsize=512)
def kind_called(type_: str, extensions: frozenset[str], declared_type: str) -> str:
    """The same by the last extension of each name, which is all that counts of it."""
    by_octets = of_type(type_)
    if by_octets in DANGEROUS:
        return by_octets
    by_name = {of_extension(last) for last in extensions if runs_as_named(last, type_)}
    by_declaration = of_declared(declared_type)
    said = by_name | {by_declaration} if runs_as_declared(by_declaration, type_) else by_name
    for dangerous in DANGEROUS:
        if dangerous in said:
            return dangerous
    return _harmless(type_, by_octets, by_name, by_declaration)


def _harmless(type_: str, by_octets: str, by_name: set[str], by_declaration: str) -> str:
    """A page is a page if either its declaration or its name has it shown as one."""
    if by_octets == "text" and "html" in (by_declaration, *by_name):
        return "html"
    if type_ not in UNKNOWN:
        return by_octets
    return next(
        (said for said in (*sorted(by_name), by_declaration) if said not in {"", "other"}), "other"
    )


# Asked of each part a dozen times, and a mail has few types.
@lru_cache(maxsize=256)
def of_type(type_: str) -> str:
    """The kind that a media type means."""
    known = _BY_TYPE.get(type_)
    if known is not None:
        return known
    return next((word for prefix, word in _BY_PREFIX if type_.startswith(prefix)), "other")


@lru_cache(maxsize=256)
def of_declared(type_: str) -> str:
    """The kind that a declared media type means: more types are declared than detected."""
    return _BY_DECLARATION.get(type_) or of_type(type_)


def is_structure(type_: str) -> bool:
    """Whether a part that is declared so is a message or a multipart for that alone."""
    return type_ in _BELIEVED or type_.startswith("multipart/")


def of_name(name: str) -> str:
    """The kind that a name's last extension means; empty if it means none."""
    return of_extension(extension(name))


def of_extension(last: str) -> str:
    """The kind that an extension means; empty if it means none."""
    return _BY_EXTENSION.get(last, "")


def runs_as_named(last: str, type_: str) -> bool:
    """Whether the octets leave it to the name's extension what the file is (see above)."""
    if last in _DISK_IMAGE:
        return type_ in UNKNOWN
    if last == "com" and type_ != EICAR:
        return of_type(type_) not in _NO_COM_PROGRAM
    return True


def runs_as_declared(by_declaration: str, type_: str) -> bool:
    """Whether the octets leave it to the declared type what the file is (see above)."""
    if by_declaration == "disk_image":
        return type_ in UNKNOWN
    return type_ in UNKNOWN or of_type(type_) in {"text", "html"}


# Containers that keep something from us, and the word for why.
_UNOPENED = {
    "application/pgp-encrypted": ("pgp", "it is encrypted with OpenPGP"),
    "application/pkcs7-mime": ("smime", "it is encrypted with CMS"),
    "application/x-ole-encrypted": ("document_password", "the document is encrypted"),
}


CONTAINERS = frozenset({"archive", "disk_image"})
# Containers that no reader of ours opens; an outside program may.
UNREAD = frozenset(
    "application/x-" + each
    for each in "ace apple-diskimage arc cramfs-image exfat-image ext-image hfs-image "
    "installshield lrzip lzop ms-compress ntfs-image qemu-disk squashfs-image stuffit uc2 vhdx "
    "virtualbox-vdi vmdk wim xar zoo".split()
)
# Kinds of octets that may be anything to a program that knows more forms than we do; the
# others are certain, and a name against them is a disguise.
_UNSURE = frozenset({"text", "html", "other", *CONTAINERS})


@lru_cache(maxsize=512)
def unopened(
    type_: str, kind_: str, extensions: frozenset[str] = frozenset(), declared_type: str = ""
) -> tuple[str, str]:
    """Why a part that no reader recognized was not opened; twice nothing for a leaf."""
    by_octets = of_type(type_)
    if type_ in _UNOPENED:
        return _UNOPENED[type_]
    if kind_ == "message":
        return "unreadable", f"no reader for {type_}"
    if by_octets in CONTAINERS:
        return "needs_program", f"no reader for {type_} yet"
    claimed = {of_declared(declared_type), *map(of_extension, extensions)}
    containers = sorted({kind_, *claimed} & CONTAINERS)
    unsure = kind_ in CONTAINERS or by_octets in _UNSURE
    if containers and unsure and type_ != "application/x-empty":
        return "unreadable", f"called {_A[containers[0]]}, but its octets are of no such form"
    return "", ""


_A = {"archive": "an archive", "disk_image": "a disk image"}
