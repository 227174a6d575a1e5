r"""Tell what the code of macros does, by its words.

The words are those of oletools, which the field has gathered for ten years: what runs by
itself (`olevba.AUTOEXEC_KEYWORDS`), and mraptor's rule, that what runs by itself (A) and
writes files (W) or executes (X) deserves a look.  Nearly every macro of a company meets
that rule (`Call` and `CreateObject` are X), so it stays a note here.  Graver are tables of
our own: what starts programs, fetches files, writes machine code, turns protection off.

Words are read as the programs read them: comments are nothing, a line goes on behind ` _`,
strings that are put together are one, and `Chr(83)` is a letter.

What is looked at is bounded, and each search is linear.  mraptor's expressions are not (they
look from each `Open` to the end of its line, and a line has no end), so it is asked about
each word once, and about what stands between one such word and the next.
"""

import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pratique.scanners.documents.stated import (
    INFORMATION,
    MALICIOUS,
    SUSPICIOUS,
    Severity,
    Stated,
    shown,
)

with warnings.catch_warnings():
    # It calls a newer pyparsing by its older names.
    warnings.simplefilter("ignore")
    from oletools.mraptor import MacroRaptor
    from oletools.olevba import AUTOEXEC_KEYWORDS

# A project of a company with years of macros has a megabyte of source.
MOST = 2 * 1024 * 1024

_COMMENT = re.compile(
    # In brackets is a name of any letters ([MS-VBAL] 3.3.5.3, FOREIGN-NAME).
    r"(\"[^\"\n]*+(?:\"|(?m:$))|\[[^\]\n]*+\])|(?:'|(?m:^)[ \t]*+Rem[ \t])[^\n]*",
    re.IGNORECASE,
)
_CONTINUED = re.compile(r"[ \t]_[ \t]*+\n")
_CHARACTER = re.compile(r"\bChr[BW]?\$?\s*+\(\s*+(\d{1,5}|&H[0-9A-F]{1,4}&?)\s*+\)", re.IGNORECASE)
_JOINED = re.compile(r'"\s*+[&+]\s*+"')
_TURNED = re.compile(r'\bStrReverse\$?\s{0,8}\(\s{0,8}"([^"\n]{1,4096})"\s{0,8}\)', re.IGNORECASE)
_LONG_STRING = re.compile(r'"[A-Za-z0-9+/=]{200,}"|"(?:[0-9A-Fa-f]{2}){100,}"')
# So many letters by number, or long coded strings: nobody writes an umlaut so often.
_MANY_LETTERS, _MANY_STRINGS = 40, 5
_LINE = re.compile(r"\b(?:Open|Declare)\b(?>(?!\b(?:Open|Declare)\b)[^\n])*+", re.IGNORECASE)
# A word with what may stand in a name of a class.
_TOKEN = re.compile(r"[\w.-]+")

# Events of controls that come by themselves once a document is drawn; a click does not.
_DRAWN = ("Painted", "Painting", "GotFocus", "LostFocus", "MouseHover", "Layout", "Resize",
          "BeforeNavigate2", "DocumentComplete", "DownloadBegin", "DownloadComplete",
          "NavigateComplete2", "NavigateError", "ProgressChange", "PropertyChange",
          "SetSecureLockIcon", "StatusTextChange", "TitleChange", "OnConnecting")  # fmt: skip
# What its list lacks: events that come with a window, a sheet, a slide.
_MORE_NAMES = frozenset(
    "workbook_windowactivate workbook_sheetactivate workbook_sheetcalculate workbook_deactivate "
    "workbook_windowresize workbook_addininstall onslideshowpagechange onslideshowterminate "
    "document_contentcontrolonenter application_startup".split()
)
_KNOWN = frozenset(word.lower() for words in AUTOEXEC_KEYWORDS.values() for word in words)
_AUTO_NAMES = _KNOWN | _MORE_NAMES
_NAMED = "|".join(sorted(map(re.escape, _AUTO_NAMES)))
_AUTO = re.compile(
    rf"\b(?:Sub|Function)[ \t]++((?:{_NAMED})|\w{{1,64}}_(?:{'|'.join(_DRAWN)}))\b",
    re.IGNORECASE,
)


def _words(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(text.split())})(?!\w)", re.IGNORECASE)


_STARTS = _words(
    r"Shell ShellExecute(?:Ex)?[AW]? WScript\.Shell\w* Shell\.Application\w* Win32_Process\w* "
    r"WinExec CreateProcess[AW]? powershell(?:\.exe)? pwsh(?:\.exe)? mshta(?:\.exe)? "
    r"rundll32(?:\.exe)? regsvr32(?:\.exe)? wscript(?:\.exe)? cscript(?:\.exe)? cmd(?:\.exe)? "
    r"schtasks(?:\.exe)? wmic(?:\.exe)? ControlPanelItem InvokeVerb(?:Ex)? ShellBrowserWindow "
    r"MMC20\.Application Start-Process "
    # The shell of scripts, of the desktop, and windows of it, by their classes.
    "72C24DD5-D70A-438B-8A42-98424B88AFB8 F935DC22-1CF0-11D0-ADB9-00C04FD58A0B "
    "13709620-C279-11CE-A49E-444553540000 9BA05972-F6A8-11CF-A442-00A0C90A8F39 "
    "C08AFD90-F2A1-11D1-8455-00A0C91F3880"
)
_DOWNLOADS = _words(
    r"URLDownloadToFile[AW]? M(?:SXML2|icrosoft)\.(?:Server)?XMLHTTP\w* "
    r"MSXML2\.(?:Server)?XMLHTTP\.\d\.\d WinHttp\w* WinHttp\.WinHttpRequest\w* Net\.WebClient "
    r"System\.Net\.WebClient DownloadFile DownloadString DownloadData Invoke-WebRequest iwr "
    r"Start-BitsTransfer bitsadmin(?:\.exe)? certutil(?:\.exe)? InternetOpenUrl[AW]? "
    r"InternetReadFile"
)
# Not RtlMoveMemory and SetTimer: honest code copies memory and keeps time with them.
_INJECTS = _words(
    "VirtualAlloc(?:Ex)? CreateThread CreateRemoteThread(?:Ex)? WriteProcessMemory QueueUserAPC "
    "QueueApcThread NtAllocateVirtualMemory NtWriteVirtualMemory CreateUserThread "
    "SetContextThread WriteVirtualMemory EnumSystemLanguageGroups[AW]?"
)
_DISARMS = _words(
    "AccessVBOM VBAWarnings DisableAttachementsInPV DisableAttachmentsInPV "
    r"DisableInternetFilesInPV DisableUnsafeLocationsInPV Options\.VirusProtection "
    "blockcontentexecutionfrominternet"
)
_HIDDEN = re.compile(
    r"powershell[^\n]{0,256}?\s[-/](?:e|ec|en|enc\w{0,16}|w\w{0,12}\s+(?:hidden|1)|nop\w{0,8})\b"
    r"|(?:cmd|mshta|regsvr32)[^\n\"]{0,64}https?:",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Judged:
    """What was found in the code of one project."""

    auto: list[str] = field(default_factory=list)
    flags: str = ""
    starts: str = ""
    downloads: str = ""
    injects: str = ""
    disarms: str = ""
    hidden: str = ""
    obfuscated: str = ""


def judge(code: str, names: Iterable[str] = ()) -> Judged:
    """Read the source of a project's macros, and the names of its modules."""
    plain = _plain(code[:MOST])
    letters = len(_CHARACTER.findall(plain))
    open_ = _opened(plain)
    # Most words come again and again.
    tokens = "\n".join(dict.fromkeys(_TOKEN.findall(open_)))
    judged = Judged(list(dict.fromkeys(found[1] for found in _AUTO.finditer(open_))))
    # A module of such a name runs its Main.
    judged.auto += [name for name in names if name.lower() in _AUTO_NAMES]
    judged.flags = _raptor("\n".join([tokens, *dict.fromkeys(_LINE.findall(open_))]))
    judged.starts, judged.downloads = _first(_STARTS, tokens), _first(_DOWNLOADS, tokens)
    judged.injects, judged.disarms = _first(_INJECTS, tokens), _first(_DISARMS, tokens)
    judged.hidden = _first(_HIDDEN, open_) if judged.starts else ""
    strings = len(_LONG_STRING.findall(open_))
    if letters >= _MANY_LETTERS or strings >= _MANY_STRINGS or _TURNED.search(plain):
        judged.obfuscated = f"{letters} letters by number, {strings} long coded strings"
    return judged


def _first(words: re.Pattern[str], text: str) -> str:
    found = words.search(text)
    return found[0] if found is not None else ""


def _plain(code: str) -> str:
    """The code without comments, each statement on one line."""
    lines = code.replace("\r\n", "\n").replace("\r", "\n")
    return _COMMENT.sub(lambda found: found[1] or "", _CONTINUED.sub(" ", lines))


def _opened(plain: str) -> str:
    """The code with its strings put together."""
    letters = _CHARACTER.sub(_letter, plain)
    turned = _TURNED.sub(lambda found: f'"{found[1][::-1]}"', _JOINED.sub("", letters))
    return _JOINED.sub("", turned)


def _letter(found: re.Match[str]) -> str:
    told = found[1].upper().strip("&")
    number = int(told[1:], 16) if told[:1] == "H" else int(told)
    return f'"{chr(number)}"' if 32 <= number < 127 and number != 34 else '""'


def _raptor(code: str) -> str:
    """What mraptor says, with the words it saw."""
    raptor = MacroRaptor(code)
    raptor.scan()
    return f"{raptor.get_flags()} ({shown(', '.join(raptor.matches), 80)})"


def seen(judged: Judged, where: str) -> Iterator[Stated]:
    """The findings about a project's code."""
    auto = ", ".join(judged.auto[:5])
    if judged.auto:
        yield Stated("Office.AutoExec", INFORMATION, f"{where}: {auto}; mraptor {judged.flags}")
    if judged.starts:
        yield Stated("Office.MacroExecutes", _starts(judged), _said(judged, where, judged.starts))
    if judged.downloads:
        yield Stated(
            "Office.MacroDownloads", _fetch(judged), _said(judged, where, judged.downloads)
        )
    for name, word in (("Injects", judged.injects), ("Disarms", judged.disarms)):
        if word:
            severity = MALICIOUS if judged.auto else SUSPICIOUS
            yield Stated(f"Office.Macro{name}", severity, _said(judged, where, word))
    if judged.auto and judged.obfuscated and judged.flags[1:3] != "--":
        yield Stated("Office.MacroObfuscated", SUSPICIOUS, f"{where}: {auto}; {judged.obfuscated}")


def _said(judged: Judged, where: str, word: str) -> str:
    auto = f" on {', '.join(judged.auto[:3])}" if judged.auto else ""
    return f"{where}: {shown(word, 80)}{auto}"


def _starts(judged: Judged) -> Severity:
    if not judged.auto:
        return INFORMATION
    return MALICIOUS if judged.hidden else SUSPICIOUS


def _fetch(judged: Judged) -> Severity:
    if not judged.starts:
        return INFORMATION
    return MALICIOUS if judged.auto else SUSPICIOUS
