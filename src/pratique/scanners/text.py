"""Turn octets into valid Unicode text: the one place where this is done.

A protobuf string takes valid UTF-8 only, and mail brings anything.  So each text that
becomes a fact passes through `to_text`: what is no character in its charset becomes
U+FFFD, and the caller is told, so that the octets can be kept beside the text.

A confined worker can open no file, so a codec that Python would import on first use is
out of reach there.  `load_codecs` imports them all beforehand and keeps a table of its
own; a stranger's charset name is only ever looked up in that table, never imported.
"""

import codecs
import encodings
import encodings.aliases
import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

# What Python calls text encodings and what a stranger must not choose all the same:
# idna and punycode are quadratic, the escapes are Python source, `undefined` always raises.
_REFUSED = frozenset(
    {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "charmap", "mbcs"}
)
# Names that mail uses and Python does not know; left the name, right a module of `encodings`.
_MORE_NAMES = {
    "ansi": "cp1252",
    "ansi_x3.4_1968": "ascii",
    "cp_850": "cp850",
    "iso_8859_8_e": "iso8859_8",
    "iso_8859_8_i": "iso8859_8",
    "utf8mb4": "utf_8",
    "windows_874": "cp874",
    "x_big5": "big5",
    "x_euc_jp": "euc_jp",
    "x_gbk": "gbk",
    "x_mac_roman": "mac_roman",
    "x_sjis": "cp932",
    "x_user_defined": "latin_1",
}
# A charset's name is at most 40 characters (RFC 2978 2.3); a longer one is none.
_NAME_CHARACTERS = 64
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


@cache
def load_codecs() -> Mapping[str, codecs.CodecInfo]:
    """Every text codec of Python's by each of its names; call it before confinement."""
    table: dict[str, codecs.CodecInfo] = {}
    for module in pkgutil.iter_modules(encodings.__path__):
        codec = _load(module.name)
        if codec is not None:
            table[module.name] = codec
    names = {**encodings.aliases.aliases, **_MORE_NAMES}
    return table | {name: table[module] for name, module in names.items() if module in table}


def _load(module: str) -> codecs.CodecInfo | None:
    """The text codec that a module of `encodings` holds, None for any other module."""
    try:
        entry = getattr(importlib.import_module(f"encodings.{module}"), "getregentry", None)
    except (ImportError, OSError):  # mbcs and oem exist on Windows only
        return None
    codec = entry() if entry is not None else None
    if codec is None or module in _REFUSED or not codec._is_text_encoding:  # noqa: SLF001
        # bytes-to-bytes codecs (zlib, base64, ...) and rot13 tell by that flag alone
        return None
    # What an import by name gives has no type.
    return codec  # type: ignore[no-any-return]


def to_text(octets: bytes, charset: str = "utf-8") -> tuple[str, bool]:
    """The text, without surrogates, and whether an octet was no character of the charset.

    A charset that is unknown is read as UTF-8, and if that fails as Latin-1, which is bad.
    """
    if octets.isascii() and charset in {"utf-8", "us-ascii"}:
        return octets.decode("ascii"), False
    codec = _find(charset)
    if codec is None:
        return _guess(octets)
    try:
        text, bad = codec.decode(octets, "strict")[0], False
    except UnicodeError:
        text, bad = _replaced(octets, codec), True
    return _without_surrogates(text, bad=bad)


def _find(charset: str) -> codecs.CodecInfo | None:
    """The codec of that name; what was not loaded beforehand is unknown."""
    if not 0 < len(charset) <= _NAME_CHARACTERS or not charset.isascii():
        return None
    table = load_codecs()
    name = encodings.normalize_encoding(charset.strip()).lower()
    return table.get(name) or table.get(name.replace(".", "_"))


def _guess(octets: bytes) -> tuple[str, bool]:
    try:
        return octets.decode("utf-8"), False
    except UnicodeError:
        return octets.decode("latin-1"), True


def _replaced(octets: bytes, codec: codecs.CodecInfo) -> str:
    try:
        return codec.decode(octets, "replace")[0]
    except UnicodeError:  # some codecs give up where they lost their shift state
        return octets.decode("ascii", "replace")


def _without_surrogates(text: str, *, bad: bool) -> tuple[str, bool]:
    """Join surrogate pairs and replace lone ones: UTF-7 and UTF-16 make them."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        paired = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return paired, bad or _REPLACEMENT in paired
    return text, bad
