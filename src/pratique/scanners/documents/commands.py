r"""Tell what a command does, and where a path leads, by their words alone.

A shortcut, a launch action or a deep link names a program and hands it arguments.  Most
name a document or an application; what worms name is a program that runs what it is told
(a shell, a script host, a loader of libraries), and then what it is told is the worm.

Where a path leads: Windows opens `\\host\share` by itself, over SMB or WebDAV, and says to
that host who is logged in, with a hash of the password.  A name without a dot is a host of
one's own network, and so is a private address (RFC 1918); others may be anywhere.
"""

import ipaddress
import re
from typing import Literal

Place = Literal["", "near", "share", "far", "web"]

# What is read of a command or a path: Windows takes 32,767 characters.
LONGEST = 32_768

# Programs that run what they are told, by their names.
_SHELLS = (
    "bash bitsadmin certutil cmd cmstp conhost cscript curl finger forfiles ftp hh installutil "
    "mavinject msbuild mshta msiexec msxsl node osascript pcalua perl powershell pwsh python "
    "python3 pythonw regasm regsvcs regsvr32 rundll32 schtasks scp scriptrunner sh ssh "
    "syncappvpublishingserver wget wmic wscript wsl xterm zsh"
).split()
_NAMED = rf"({'|'.join(_SHELLS)})(?:\.(?:exe|com))?[\"']?"
# One as the last step of a path, a line each; and one as a word of a command.
_AS_PATH = re.compile(rf"(?:^|[\\/\"'%]){_NAMED}\s{{0,8}}$", re.IGNORECASE | re.MULTILINE)
_AS_WORD = re.compile(rf"(?:^|[\\/\s\"'%]){_NAMED}(?=[\s,]|$)", re.IGNORECASE)
# The same where it is only an argument: words that are nothing else.
_IN_ARGUMENTS = re.compile(
    r"\b(powershell|pwsh|mshta|wscript|cscript|rundll32|regsvr32|bitsadmin|certutil|msiexec)\b"
    r"|(%comspec%)|\b(cmd)(?:\.exe)?\s+/[ckr]\b",
    re.IGNORECASE,
)
# What fetches, hides or unpacks; no installer's shortcut has such words.
_TELLING = re.compile(
    r"https?:/|ftp:/|\b(?:java|vb)script:|downloadstring|downloadfile|downloaddata|frombase64string"
    r"|invoke-(?:expression|webrequest|restmethod)|start-bitstransfer|net\.webclient|xmlhttp"
    r"|\biex\b|\biwr\b|\birm\b|\\davwwwroot|/transfer\b|-urlcache|-decode\b|\bfindstr\b"
    r"|(?:^|\s)[-/]w(?:in(?:dowstyle)?)?\s{1,8}(?:h(?:id(?:den)?)?|1)\b"
    r"|(?:^|\s)[-/]e(?:nc?|nco\w{0,20}|c)?\s{1,8}[A-Za-z0-9+/=]{16,}|(?:\^\w{1,3}){3}"
    r"|%temp%|%tmp%|%appdata%|%public%|\\\\[\w.-]{1,255}[\\@]",
    re.IGNORECASE,
)
# Libraries that Windows' own shortcuts load.
_LOADER = re.compile(r"\b(?:rundll32|regsvr32)(?:\.exe)?[\"']?\s", re.IGNORECASE)
_LIBRARY = re.compile(r"([\w.-]{1,128})[\"']?\s{0,8}(?:,|#|$)")
_OF_WINDOWS = frozenset(
    "advapi32 appwiz cryptext desk dfshim display ieframe inetcpl keymgr main mmsys netplwiz "
    "ntlanui powrprof printui setupapi shell32 shimgvw shwebsvc sysdm timedate url user32 "
    "zipfldr".split()
)

_WEB = re.compile(r"\s{0,8}(?:https?|ftp|webcal)://", re.IGNORECASE)
_SHARE = re.compile(
    r"\s{0,8}[\"']?(?:url:)?(?:file:)?[\\/]{2,5}(?:\?[\\/]UNC[\\/])?"
    r"([^\\/@?*\"<>|:\s]{1,255})(@[\w]{1,5}(?:@\d{1,5})?|:\d{1,5})?[\\/]([^\\/]{0,64})",
    re.IGNORECASE,
)
_LOCAL = re.compile(r"\s{0,8}[\"']?file:(?:[\\/]{3}(?![\\/])|[\\/]{2}[A-Za-z][:|])", re.IGNORECASE)
# Every place in a longer text: a share, written with two strokes of one kind.
SHARES = re.compile(
    r"(?:file:[\\/]{2,5}|\\\\)[\w.-]{1,255}(?:@[\w]{1,5}(?:@\d{1,5})?)?[\\/][^\s\"'<>|]{0,256}",
    re.IGNORECASE,
)


def place(path: str) -> Place:
    """Where a path leads: "" is this computer; "share" a named host, "far" an address or WebDAV."""
    path = path[:LONGEST]
    if _WEB.match(path):
        return "web"
    found = None if _LOCAL.match(path) else _SHARE.match(path)
    if found is None:
        return ""
    host, port, share = found.groups()
    if host in {".", "?"}:
        return ""
    if port or share.lower() == "davwwwroot":
        return "far"
    return _of_host(host)


def _of_host(host: str) -> Place:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "share" if "." in host.strip(".") and not _is_near_name(host) else "near"
    return "near" if _is_own(address) else "far"


def _is_near_name(host: str) -> bool:
    return host.lower().endswith((".local", ".lan", ".internal", ".localdomain"))


_OWN = tuple(
    ipaddress.ip_network(one)
    for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16",
                "fc00::/7", "fe80::/10", "::1/128")
)  # fmt: skip


def _is_own(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return any(address in network for network in _OWN if network.version == address.version)


def shell(paths: str, arguments: str = "") -> str:
    """The program that runs what it is told, by its path or in what another is told, or none."""
    found = _AS_PATH.search(paths[:LONGEST]) or _IN_ARGUMENTS.search(arguments[:LONGEST])
    return _first(found)


def shell_in(command: str) -> str:
    """The same in a command as it is typed."""
    return _first(_AS_WORD.search(command[:LONGEST]) or _IN_ARGUMENTS.search(command[:LONGEST]))


def _first(found: re.Match[str] | None) -> str:
    return next(word.lower() for word in found.groups() if word) if found else ""


def telling(arguments: str) -> str:
    """What gives a command away as one that fetches, hides or unpacks; empty if nothing does."""
    found = _TELLING.search(arguments[:LONGEST])
    return found[0].strip() if found else ""


def loads(command: str) -> str:
    """The library that a loader is told to load, if it is none of Windows' own."""
    found = _LOADER.search(command[:LONGEST])
    named = _LIBRARY.search(command, found.end(), LONGEST) if found else None
    if named is None:
        return ""
    stem = named[1].lower().removesuffix(".dll").removesuffix(".cpl")
    return "" if stem in _OF_WINDOWS else named[1]
