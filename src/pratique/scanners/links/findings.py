"""Say of which links honest mail has none, or few.

What a link hides is a fact of the link; here it becomes a finding, as far as honest mail
seldom has it.  That another host is shown than it leads to is none: every newsletter that
counts its readers does so, and what protects their readers as well.
"""

import re
from collections.abc import Iterable, Iterator

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.documents.stated import Stated, shown, worst
from pratique.scanners.links.gathered import Known
from pratique.scanners.links.host import is_public_address, to_unicode
from pratique.scanners.names import extension

# Each with the severities that it may have, and what it means.
NAMES = {
    "Link.Lookalike": (
        "information, suspicious",
        (
            "The host looks like a domain of ours (`links.own_domains`) and is none: `suspicious` "
            "where letters look alike or our whole domain stands in front of another; "
            "`information` where a letter or the suffix differs, or a word is beside our name."
        ),
    ),
    "Link.MixedScript": (
        "suspicious",
        (
            "A label of the host has letters that look like others, or of scripts that no language "
            "mixes."
        ),
    ),
    "Link.Userinfo": (
        "suspicious",
        "What looks like the host stands before an `@`; the host is another one.",
    ),
    "Link.OddHost": (
        "suspicious",
        (
            "The host is an IP address as one number, in octal or hexadecimal, or a name with "
            "escapes, full-width letters or such as are not shown."
        ),
    ),
    "Link.Program": (
        "information, suspicious",
        (
            "By its name it leads to a program, a script or a shortcut: `suspicious` where the "
            "host is an IP address (an archive or a disk image then too), or another host is shown."
        ),
    ),
    "Link.OwnName": (
        "suspicious",
        "A domain of ours is shown, and it leads to an IP address.",
    ),
    "Link.Content": (
        "suspicious",
        "A link that holds a page by itself (`data:`).",
    ),
    "Link.Opens": (
        "information, suspicious",
        (
            "It starts a program of its reader's system (`ms-msdt:`, `search-ms:`, "
            "`ms-appinstaller:`), or has Outlook open a file elsewhere (`file:` with `!`): "
            "`information` if Office shows or edits a document (`ms-word:ofe`) of a named host "
            "by https, as SharePoint writes it."
        ),
    ),
}

# Names that run when they are opened (kinds.py has all; these have no meaning on the web).
_RUNS = frozenset(
    "exe scr pif bat cmd cpl hta lnk msi msix appx vbs vbe wsf wsh jse ps1 chm xll iqy url "
    "settingcontent-ms library-ms search-ms appref-ms application jnlp".split()
)
_HOLDS = frozenset("zip rar 7z iso img vhd vhdx cab ace arj gz tar one onepkg".split())
_OPENS = frozenset(
    "ms-msdt search-ms search ms-search ms-appinstaller ms-officecmd ms-cxh ms-cxh-full shell "
    "mk ms-its its mhtml ms-word ms-excel ms-powerpoint ms-publisher ms-visio ms-access".split()
)
_PAGES = re.compile(
    r"data:\s{0,16}(?:text/html|image/svg|application/xhtml|text/xml|application/)", re.IGNORECASE
)
# CVE-2024-21413.
_MONIKER = re.compile(r"file:[^?#]{0,2000}![\w.]", re.IGNORECASE)
# The commands "view" and "edit" of Office's URI schemes, whose documents open as any from the
# web does; "new from template" (nft) is another matter.
_DOCUMENT = re.compile(
    r"ms-(?:word|excel|powerpoint|visio|access|publisher):of[ev](?:\||%7c)u(?:\||%7c)"
    r"https://([a-z0-9-]{1,63}\.){1,10}[a-z]{2,63}[/:?#]",
    re.IGNORECASE,
)
# In a link, not in what a page loads.
_CLICKED = frozenset({"", "a", "area", "form", "meta"})


def findings(links: Iterable[Known]) -> Iterator[facts.Finding]:
    """What is to be said of all links of a message: of each part each name once."""
    by_part: dict[int, list[Stated]] = {}
    for known in links:
        by_part.setdefault(known.link.part, []).extend(_of(known))
    for part, stated in by_part.items():
        for one in worst(stated):
            yield one.finding("links", part)


def _of(known: Known) -> Iterator[Stated]:
    """What is to be said of one link."""
    tricks = set(known.link.tricks)
    likeness = known.likeness
    if likeness is not None:
        severity = "suspicious" if likeness.certain else "information"
        yield _stated(known, "Link.Lookalike", severity, f"{likeness.how}: {likeness.domain}")
    if "mixed_script" in tricks and likeness is None:
        yield _stated(known, "Link.MixedScript", "suspicious", to_unicode(known.address.host))
    if "userinfo" in tricks and known.address.scheme in {"http", "https"}:
        yield _stated(known, "Link.Userinfo", "suspicious", f"leads to {known.address.host}")
    # Odd blanks and slashes are slips of the pen at times; an odd host is none.
    if known.address.odd_host:
        yield _stated(known, "Link.OddHost", "suspicious", f"leads to {known.address.host}")
    if known.shows_own and "ip_host" in tricks:
        yield _stated(known, "Link.OwnName", "suspicious", f"leads to {known.address.host}")
    yield from _of_program(known)
    yield from _of_scheme(known)


def _of_program(known: Known) -> Iterator[Stated]:
    if known.address.scheme not in {"http", "https", "ftp"}:
        return
    name = known.address.path.rstrip("/").rpartition("/")[2]
    if "." not in name and name.isascii():
        return  # most links lead to a page without any
    last = extension(name)
    if last in _RUNS:
        severe = known.shown or is_public_address(known.address.host)
        yield _stated(known, "Link.Program", "suspicious" if severe else "information", f".{last}")
    elif last in _HOLDS and is_public_address(known.address.host):
        yield _stated(known, "Link.Program", "suspicious", f".{last} from an IP address")


def _of_scheme(known: Known) -> Iterator[Stated]:
    url, scheme = known.address.url, known.address.scheme
    if known.tag not in _CLICKED:
        return
    if scheme == "data" and _PAGES.match(url):
        yield _stated(known, "Link.Content", "suspicious", "")
    elif scheme in _OPENS or (scheme == "file" and _MONIKER.match(url)):
        severity = "information" if _DOCUMENT.match(url) else "suspicious"
        yield _stated(known, "Link.Opens", severity, "")


def _stated(known: Known, name: str, severity: str, why: str) -> Stated:
    url = shown(known.address.url, 160)
    note = f"{url}: {why}" if why else url
    if known.link.shown:
        note += f", shown as {shown(known.link.shown, 80)}"
    return Stated(name, severity, note)
