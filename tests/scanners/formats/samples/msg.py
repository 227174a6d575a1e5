"""Outlook's messages, written by the specification ([MS-OXMSG])."""

import importlib.util
import struct
from pathlib import Path

_SPEC = importlib.util.spec_from_file_location("compound", Path(__file__).with_name("_compound.py"))
_MODULE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)
compound = _MODULE.compound

ALONE = False
PROPERTIES = "__properties_version1.0"


def text_of(property_: int, text: str) -> dict[str, bytes]:
    return {f"__substg1.0_{property_:04X}001F": text.encode("utf-16-le")}


def shorts(head: int, values: dict[int, int]) -> dict[str, bytes]:
    raw = b"".join(struct.pack("<HHIQ", 3, key, 6, value) for key, value in values.items())
    return {PROPERTIES: bytes(head) + raw}


def attachment(number: int, held: dict[str, bytes], method: int = 1) -> dict[str, bytes]:
    held = shorts(8, {0x3705: method}) | held
    return {f"__attach_version1.0_#{number:08X}/{name}": octets for name, octets in held.items()}


def file_(name: str, octets: bytes) -> dict[str, bytes]:
    return text_of(0x3707, name) | {"__substg1.0_37010102": octets}


def message(*parts: dict[str, bytes], head: int = 32) -> dict[str, bytes]:
    held = shorts(head, {})
    for part in parts:
        held |= part
    return held


def below(path: str, held: dict[str, bytes]) -> dict[str, bytes]:
    return {f"{path}/{name}": octets for name, octets in held.items()}


def good(text: bytes) -> bytes:
    return compound(message(text_of(0x0037, "Hello"), attachment(0, file_("fox.txt", text))))


def broken(text: bytes) -> bytes:
    return good(text)[:2600]


def bomb() -> bytes:
    """More attachments than a message may have parts."""
    held: dict[str, bytes] = message()
    for number in range(10_050):
        held |= {f"__attach_version1.0_#{number:08X}/__substg1.0_3707001F": b""}
    return compound(held, sector=4096)
