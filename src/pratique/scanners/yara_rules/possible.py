r"""Tell by a look beforehand where none of the rules that we ship can match.

They are about four things: a message with an attachment whose name runs or is a zip file's, a
zip file whose first member runs, a page, and the EICAR file.  YARA looks for all of their words
in every part nonetheless, which costs more than two hundred rules about programs do: of text
and of base64 every other octet is a letter with which some word begins.  What each rule asks of
the first octets, and of a name, is asked here first; `re` looks for the full stop before an
extension as fast as memory is read.

False is said only where no shipped rule matches.  That was held against the rules as they are:
so they are known by their octets (`FILES`), and where one file is another, or an admin has
rules about heads of his own, all of them are tried on every part.
"""

import hashlib
import re

# SHA-256 of the files that this is about, line ends and all.  Whoever changes one looks here
# first whether all is still true, and then writes the new number.
FILES = frozenset(
    {
        "248bd2a923479366534bc5060476ec77238f3a060aadccab43fe374f0efb7974",
        "ad2831d33c4295a7a17798f348d15c63245feab9bbd3e1ba3c6fb71ddd530506",
        "359b1cbd6583c44440d9b43786dd489b182432d549b81f30a10b5c9524290772",
    }
)
# A file with EICAR is at most so long.
_SHORT = 128
_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]{0,64}<")
_ZIP, _ZIP_NAME = b"PK\x03\x04", 30
_RUNS = (b".pif", b".scr", b".exe", b".cmd", b".bat", b".com")
# A message begins with a letter, or one of some signs, and the colon of a field comes soon.
_FIRST, _COLON_WITHIN = range(0x41, 0x7B), 41
_NAMED = re.compile(rb'\.(?:pif|scr|exe|cmd|bat|com|zip)"?[;\r\n]', re.IGNORECASE)
# All that the rules ask for between `name=` and an extension stands on one line.  There may be
# blanks without end, but YARA follows a match over a thousand octets or so, and no further.
LONGEST = 8192
# Lines that end like this are read so often; with more, the rules may as well be tried.
TRIES = 64


def are_known(text: str) -> bool:
    """Whether this is one of the shipped files, as this was held against it."""
    return hashlib.sha256(text.encode()).hexdigest() in FILES


def may_match(head: memoryview) -> bool:
    """Whether one of the shipped rules may match octets of which this is the head.

    `head` is all that these rules see: 256 KB at most (builtin/yara.py).
    """
    if len(head) <= _SHORT or _PAGE.match(head) is not None:
        return True
    first = bytes(head[:_COLON_WITHIN])
    if first.startswith(_ZIP) and _runs(head):
        return True
    return first[0] in _FIRST and b":" in first and _is_named(head)


def _runs(head: memoryview) -> bool:
    """Whether the first member of a zip file has a name that runs (APPNOTE 4.3.7)."""
    size = int.from_bytes(head[26:28], "little")
    return bytes(head[_ZIP_NAME : _ZIP_NAME + size]).lower().endswith(_RUNS)


def _is_named(head: memoryview) -> bool:
    """Whether an attachment may have a name that runs, or a zip file's."""
    for count, found in enumerate(_NAMED.finditer(head)):
        at = found.start()
        before = bytes(head[max(0, at - LONGEST) : at])
        line = before[max(before.rfind(b"\n"), before.rfind(b"\r")) + 1 :]
        if count >= TRIES or b"name=" in line.lower():
            return True
    return False
