"""Find the family in a name as the makers of engines write it.

They agree on the pieces, by CARO's convention of 1991 (type, platform, family, variant,
modifiers), and on nothing else: `Worm:Win32/Mydoom.A@mm`, `Email-Worm.Win32.Mydoom.a`,
`WORM_MYDOOM.A`, `Win.Worm.Mydoom-5`, `W32/Mydoom.gen@MM`.  So a name is cut into words, and
the family is the first word that is neither a type nor a platform nor a modifier.

Where that word says no more than that something is bad (`Agent`, `Generic`, `Malware`), what
follows it are variants: there is no family.
"""

import re
from collections.abc import Iterator

# Longer names are cut: clamd's has 60 characters, a Kaspersky's 80.
NAME = 256
# Words of one name that are looked at: a maker uses eight.
WORDS = 16
# The longest that Malpedia lists has 30 characters.
LONGEST = 40

_WORD = re.compile(r"[A-Za-z0-9]{1,255}")
# An octet string in hexadecimal, as names of single files have.
_NUMBERED = re.compile(r"(?=.*[0-9])[0-9a-f]{6,}", re.IGNORECASE)
_JOINED = re.compile(r"[A-Za-z0-9][./:_][A-Za-z0-9]")
_SHORTEST, _LETTERS = 4, 3

_PLATFORMS = frozenset(
    "w16 w32 w64 w95 w97 w97m w2km w2000m win win16 win32 win64 win9x winnt wnt dos os2 msdos "
    "windows linux unix osx macos mac macho android androidos andr ios symbos symbian elf mz "
    "multi multios any dotnet msil jscript java javascript vba vbs vbscript html htm php pdf doc "
    "docx docm xls xlsx xlsm ppt rtf swf flash lnk powershell pshell batch hta script python perl "
    "ruby shell bash autoit nsis inno x97m o97m a97m p97m pp97m w97 wm97 xm97 xf97 mw97 ole ole2 "
    "office msoffice msword msexcel word excel access onenote email mail image html5 svg "
    "archive zip rar iso file dll exe bv".split()
)
_TYPES = frozenset(
    "worm wrm virus vir trojan troj trj trojware trojandownloader trojandropper trojanspy "
    "trojanproxy trojanclicker trojanbanker trojanransom trojanpsw trojangamethief trojannotifier "
    "backdoor bkdr bdoor bckdr downloader downldr downloder dldr dloader dload dwnldr dropper drpr "
    "drop ransom ransomware psw pws password stealer passwordstealer infostealer infostlr spy "
    "spyware spywr banker botnet ircbot exploit expl expkit rootkit rkit rtkt bootkit keylogger "
    "keylog logger hacktool hktl htool hack tool toolkit virtool virtual riskware riskw risktool "
    "adware adware grayware unwanted program application constructor joke hoax spam spammer phish "
    "phishing phisher scam fraud ddos flooder clicker proxy dialer test testfile macro massmailer "
    "mailer email parasite intended security password malspam maldoc loader injector "
    "inject network netw monitor webshell coinminer miner bitcoinminer hllm hllw hllp hllo".split()
)
_MODIFIERS = frozenset(
    "variant variante varient heur heuristic heuristics suspected possible possibly probably "
    "probable deepscan bscope behaveslike based unofficial detected detection infected found "
    "signature name this that with cloud engine corrupt damaged dropped encrypted "
    "eldorado maximus aggressive attribute static dynamic confidence high medium".split()
)
_ANY_PLACE = _PLATFORMS | _TYPES | _MODIFIERS

# What says no more than that something is bad: names that machines give, and packers.
_NO_FAMILY = frozenset(
    "agen agent agentb agen2 small generic generica genericb genericr genericrx generickd "
    "generickdz genericgb genericpmf genkryptik genome malware malicious maliciousmacro malpack "
    "suspicious suspect susp unknown undef unsafe unclassified obfus obfuscated obfuscator "
    "obfuscate obfdldr crypt crypted crypter cryptor cryptic krypt kryptik encpk packed packer "
    "pack xpack zpack artemis wacatac wacapew sabsik tiggre fuery fuerboos occamy skeeyah dynamer "
    "bitrep casdet phonzy dangerousobject advml ngav cxmail filecoder antiav startpage "
    "sanesecurity porcupine winnow phishtank bofhland foxhole scamnailer securiteinfo yara "
    "heuristics".split()
)
# What clamd itself only supposes, and what many want to have.
_SUPPOSED = ("heuristics.", "pua.")


def words_of(name: str) -> Iterator[str]:
    """The words of a name, in small letters."""
    for number, found in enumerate(_WORD.finditer(name[:NAME])):
        if number == WORDS:
            return
        yield found[0].lower()


def family_in(name: str) -> str:
    """The family's word, in small letters; empty if there is none."""
    if name.lower().startswith(_SUPPOSED):
        return ""
    for word in words_of(_named(name)):
        if word in _NO_FAMILY:
            return ""
        if _may_be_family(word):
            return word
    return ""


def _named(name: str) -> str:
    """What looks like a name in a sentence ("a variant of Win32/Mydoom.A worm")."""
    pieces = name[:NAME].split()
    if len(pieces) < 2:
        return name
    return next((piece for piece in pieces if _JOINED.search(piece)), "")


def _may_be_family(word: str) -> bool:
    if not _SHORTEST <= len(word) <= LONGEST or not word[0].isalpha() or word in _ANY_PLACE:
        return False
    return sum(map(str.isalpha, word)) >= _LETTERS and not _NUMBERED.fullmatch(word)
