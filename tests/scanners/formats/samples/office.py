"""Locked packages of Office: agile encryption by msoffcrypto, another's hand, in our own frame.

(msoffcrypto's own frame puts packages of less than 4,096 octets where no reader finds them.)
"""

import importlib.util
import io
from pathlib import Path

from msoffcrypto.method.ecma376_agile import ECMA376Agile

_SPEC = importlib.util.spec_from_file_location("compound", Path(__file__).with_name("_compound.py"))
_MODULE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)
compound = _MODULE.compound

PASSWORD = "secret"
HIDDEN = True


def agile(octets: bytes, word: str, spins: int = 1000) -> bytes:
    info, key = ECMA376Agile.generate_encryption_parameters(word, None, spins)
    package = ECMA376Agile.encrypt_payload(
        io.BytesIO(octets), info.encryptedKey, key, info.keyData.saltValue
    )
    described = ECMA376Agile.get_encryption_information(info, package, key)
    return compound({"EncryptedPackage": package, "EncryptionInfo": described})


def encrypted(text: bytes) -> bytes:
    return agile(text, PASSWORD)


def good(text: bytes) -> bytes:
    """What Excel opens without asking."""
    return agile(text, "VelvetSweatshop")


def broken(text: bytes) -> bytes:
    return good(text)[:-3000]
