"""How OpenDocument locks: Blowfish, AES in two ways, and what no word opens."""

import base64
import hashlib

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import Blowfish
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.office.odf_lock import ITERATIONS, locks

SALT, START = bytes(range(16)), bytes(range(12))
TEXT = b"inside " * 400


def coded(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def entry(path: str, **told: str) -> str:
    words = " ".join(f'manifest:{name.replace("_", "-")}="{value}"' for name, value in told.items())
    return (
        f'<manifest:file-entry manifest:full-path="{path}"><manifest:encryption-data>'
        f"<manifest:algorithm {words}/></manifest:encryption-data></manifest:file-entry>"
    )


def blowfish(word: str) -> tuple[str, bytes]:
    key = hashlib.pbkdf2_hmac("sha1", hashlib.sha1(word.encode()).digest(), SALT, 1024, 16)
    hidden = Cipher(Blowfish(key), CFB(bytes(8))).encryptor().update(TEXT)
    told = entry("a", algorithm_name="Blowfish CFB", initialisation_vector=coded(bytes(8)),
                 checksum_type="SHA1/1K", checksum=coded(hashlib.sha1(TEXT[:1024]).digest()),
                 iteration_count="1024", salt=coded(SALT), key_size="16")  # fmt: skip
    return told, hidden


def argon(word: str) -> tuple[str, bytes]:
    form = Argon2id(salt=SALT, length=32, iterations=1, lanes=1, memory_cost=64)
    key = form.derive(hashlib.sha256(word.encode()).digest())
    told = entry("a", algorithm_name="http://www.w3.org/2009/xmlenc11#aes256-gcm",
                 initialisation_vector=coded(START), key_derivation_name="urn:x:argon2id",
                 argon2_iterations="1", argon2_memory="64", argon2_lanes="1", salt=coded(SALT),
                 start_key_generation_name="http://www.w3.org/2001/04/xmlenc#sha256",
                 key_size="32")  # fmt: skip
    return told, START + AESGCM(key).encrypt(START, TEXT, None)


@pytest.mark.parametrize("make", [blowfish, argon])
def test_a_member_is_opened_by_its_word_and_by_no_other(make):
    manifest, hidden = make("geheim")
    (lock,) = locks(manifest)
    lock.check()

    assert lock.path == "a"
    assert lock.open("geheim", hidden) == TEXT
    assert lock.open("Geheim", hidden) is None
    assert lock.open("", b"") is None
    assert lock.cost > 0


def test_a_manifest_without_locks_has_none():
    assert locks('<manifest:file-entry manifest:full-path="/"></manifest:file-entry>') == []
    assert locks("") == []


@pytest.mark.parametrize(("spins", "tried"), [(ITERATIONS, True), (ITERATIONS + 1, False)])
def test_so_many_spins_are_tried_and_no_more(spins, tried):
    (lock,) = locks(entry("a", algorithm_name="x#aes256-cbc", iteration_count=str(spins)))
    if tried:
        lock.check()
    else:
        with pytest.raises(Damaged):
            lock.check()


@pytest.mark.parametrize(
    "told",
    [{"algorithm_name": "rot13"},
     {"algorithm_name": "x-gcm", "key_derivation_name": "argon2id", "argon2_memory": "999999"}],
)  # fmt: skip
def test_what_no_try_could_end_is_damage(told):
    (lock,) = locks(entry("a", **told))
    with pytest.raises(Damaged):
        lock.check()
