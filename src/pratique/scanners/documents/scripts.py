"""Judge what a document's JavaScript does (Adobe's JavaScript for Acrobat API Reference).

Forms compute and check with it, and tickets print themselves: most scripts are honest, so
a script alone proves nothing.  What tells is what it calls, and whether it asks anybody.
"""

import re

# Scripts of whole forms have 100 KB; what is longer is looked at so far.
LONGEST = 1024 * 1024
# What opens a file attached, an address, or another program; what reads from outside.
_REACHES = re.compile(
    r"\b(exportDataObject|launchURL|getURL|openDoc|importDataObject|importAnFDF|importXFAData"
    r"|mailMsg|submitForm|SOAP|Net\.HTTP|ADBC|trustedFunction|trustPropagatorFunction|saveAs)\b"
)
# What takes text for a program, and what makes such text.
_MAKES = tuple(re.compile(one) for one in (r"\beval\b", r"\bunescape\b", r"\bfromCharCode\b"))
# What is said of one that does both.
MADE = "eval of a text that it makes"
# Holes of Adobe Reader (CVE-2007-5659, 2008-2992, 2009-0927, 2009-4324, 2009-1493), and what
# fills the memory for them; no form calls these so.
_EXPLOITS = re.compile(
    r"Collab\s{0,8}\.\s{0,8}(?:collectEmailInfo|getIcon)|\bmedia\s{0,8}\.\s{0,8}newPlayer"
    r"|customDictionaryOpen|util\s{0,8}\.\s{0,8}printf\s{0,8}\(\s{0,8}[\"']%\d{4,}"
    r"|(?:%u[0-9A-Fa-f]{4}){8}|(?:\\u(?:9090|0[cC]0[cC]|0[aA]0[aA]|0[dD]0[dD]|4141)){2}"
)
# One of these stands in each of them; to look for a word takes a tenth of the time.
_SIGNS = ("Collab", "newPlayer", "customDictionaryOpen", "printf", "%u", "\\u")
# exportDataObject with nLaunch opens what is attached.
_OPENS_ATTACHED = re.compile(
    r"exportDataObject\s{0,8}\([^)]{0,512}nLaunch[\"']?\s{0,8}:\s{0,8}[12]"
)
# What happens to the view of a document, or to a printer: `this.print(true);`.
_HARMLESS = re.compile(
    r"(?:(?:(?:var \w{1,32} ?= ?)?(?:this|app|event|event\.target|pp|event\.target\.doc)?\.?"
    r"(?:print|getPrintParams|zoomType|zoom|pageNum|layout|calculate|fullScreen|interactive"
    r"|dirty|resetForm|constants\.\w{1,32}\.\w{1,32}|syncAnnotScan|viewState|calculateNow)"
    r" ?(?:\([^()]{0,200}\)|= ?[\w.\"']{1,64})"
    # A form that is opened writes today's date into a field, and begins with another.
    r"|(?:this\.)?getField ?\( ?[\"'][^\"'()]{1,100}[\"'] ?\)\.(?:setFocus ?\( ?\)"
    r"|value ?= ?util\.printd ?\( ?[\"'][^\"'()]{1,40}[\"'] ?, ?new Date(?: ?\( ?\))? ?\)))"
    r" ?(?:; ?|$)){1,8}",
)
_SHORT = 1000


def exploit(text: str) -> str:
    """What no honest script calls; empty if it does not."""
    text = text[:LONGEST]
    found = _EXPLOITS.search(text) if any(sign in text for sign in _SIGNS) else None
    return found[0][:40] if found else ""


def reach(text: str) -> str:
    """What a script calls to get out of its document, or how it hides what it does."""
    text = text[:LONGEST]
    found = _REACHES.search(text)
    if found:
        return found[1]
    made = [one.search(text) for one in _MAKES]
    if made[0] and (made[1] or made[2]):
        return MADE
    return ""


def opens_attached(text: str) -> bool:
    """Whether it has the reader's program open a file that is embedded."""
    return "nLaunch" in text and _OPENS_ATTACHED.search(text[:LONGEST]) is not None


def is_harmless(text: str) -> bool:
    """Whether it does nothing but print, change the view, or write a date into a form."""
    return len(text) <= _SHORT and _HARMLESS.fullmatch(" ".join(text.split())) is not None
