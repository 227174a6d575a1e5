r"""Tell by a look beforehand where none of the rules that we ship can match.

They are about four things: a message with an attachment whose name runs or is a zip file's, a
zip file whose first member runs, a page, and the EICAR file.  YARA looks for all of their words
in every part nonetheless: of packed octets and of base64 these cost more than two hundred rules
about programs do, since every other octet is a letter with which some word begins.  What each
rule asks of the first octets, and of a name, is asked here first; `re` looks for the full stop
before an extension as fast as memory is read.

False is said only where no rule of `RULES` matches.  Whoever adds a rule to the shipped files
adds it here as well, or all of them are tried on every part, as they are where an admin has
rules about heads of his own.
"""

import re

# The rules that this is about, as they are called in the shipped files.
RULES = frozenset(
    "EICAR_test_file Notice_of_mail_that_waits Mydoom_program Mydoom_shape Mydoom_lost_mail"
    " Mydoom_fake_error Mydoom_zip Netsky_program Netsky_shape Netsky_pretended_safety Netsky_zip"
    " Bagle_program Bagle_password_zip Mytob_program Mytob_shape Mytob_zip Wurmark_zip"
    " Sobig_program Sobig_shape".split()
)
_PUBLIC = re.compile(r"^rule[ \t]+(\w+)", re.MULTILINE)
# A file with EICAR is at most so long.
_SHORT = 128
# A page says of mail that it was not delivered.
_PAGE, _DELIVERED = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]{0,64}<"), b"delivered"
_ZIP, _ZIP_NAME = b"PK\x03\x04", 30
_RUNS = (b".pif", b".scr", b".exe", b".cmd", b".bat", b".com")
# A message begins with a letter, or one of some signs, and the colon of a field comes soon.
_FIRST, _COLON_WITHIN = range(0x41, 0x7B), 41
_NAMED = re.compile(rb'\.(?:pif|scr|exe|cmd|bat|com|zip)"?[;\r\n]', re.IGNORECASE)
# The longest name that a rule asks for has five labels of a domain, 63 octets each.
_NAME, _LONGEST = b"name=", 400
# Lines that end like this are read so often; with more, the rules may as well be tried.
TRIES = 64


def are_known(text: str) -> bool:
    """Whether all rules of a shipped file are among those that this is about."""
    return RULES.issuperset(_PUBLIC.findall(text))


def may_match(head: memoryview) -> bool:
    """Whether one of the shipped rules may match octets of which this is the head.

    `head` is all that these rules see: 256 KB at most (yara.py).
    """
    if len(head) <= _SHORT:
        return True
    if _PAGE.match(head) is not None:
        return _DELIVERED in bytes(head).lower()
    if head[:4] == _ZIP:
        size = int.from_bytes(head[26:28], "little")
        return bytes(head[_ZIP_NAME : _ZIP_NAME + size]).lower().endswith(_RUNS)
    if head[0] not in _FIRST or b":" not in bytes(head[:_COLON_WITHIN]):
        return False
    return _is_named(head)


def _is_named(head: memoryview) -> bool:
    """Whether an attachment may have a name that runs, or a zip file's."""
    for count, found in enumerate(_NAMED.finditer(head)):
        at = found.start()
        if count >= TRIES or _NAME in bytes(head[max(0, at - _LONGEST) : at]).lower():
            return True
    return False
