"""A certificate: what is wrong with it in the admin's words, and when it is read again."""

import logging
import ssl

import pytest

from pratique.milter.doors.places import DoorError
from pratique.milter.doors.smtp.tls import Certificate

pytestmark = pytest.mark.real("openssl")


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def served(context, trusted):
    """The certificate that a client sees, in DER; it must be `trusted`."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    client.load_verify_locations(trusted)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = client.wrap_bio(back, there), context.wrap_bio(there, back, server_side=True)
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return ends[0].getpeercert(binary_form=True)


def test_a_pair_is_served_from_two_files_or_one(make_pair, tmp_path, caplog):
    certificate, key = make_pair("a")
    assert served(Certificate(certificate, key).context, certificate)
    both = tmp_path / "both.pem"
    both.write_bytes(certificate.read_bytes() + key.read_bytes())
    assert served(Certificate(both, both).context, certificate)
    assert caplog.messages == []


def test_nothing_below_tls_1_2_is_spoken(make_pair):
    assert Certificate(*make_pair("a")).context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_a_file_that_is_not_there_is_told(make_pair, tmp_path):
    certificate, key = make_pair("a")
    nowhere = tmp_path / "nowhere.pem"
    with pytest.raises(DoorError, match=r"^tls_certificate: .*/nowhere.pem: No such file"):
        Certificate(nowhere, key)
    with pytest.raises(DoorError, match=r"^tls_key: .*/nowhere.pem: No such file"):
        Certificate(certificate, nowhere)


def test_the_key_of_another_certificate_is_told(make_pair):
    certificate, _ = make_pair("a")
    _, key = make_pair("b")
    with pytest.raises(DoorError, match=r"^tls_key: .* is not the key of the certificate in"):
        Certificate(certificate, key)


def test_a_file_that_is_no_pem_is_told(make_pair, tmp_path):
    _, key = make_pair("a")
    text = tmp_path / "text.pem"
    text.write_text("hello")
    with pytest.raises(DoorError, match="are no pair in PEM"):
        Certificate(text, key)


def test_a_key_with_a_password_is_told_and_asks_nobody(make_pair):
    certificate, key = make_pair("a", password="secret")
    with pytest.raises(DoorError, match=r"^tls_key: .* is locked with a password"):
        Certificate(certificate, key)


def test_an_expired_certificate_is_served_with_a_warning(make_pair, caplog):
    certificate, key = make_pair("a", days=-1)
    Certificate(certificate, key)
    (warned,) = caplog.records
    assert warned.levelno == logging.WARNING
    assert "clients that verify it will refuse it: certificate has expired" in warned.message


def test_files_that_changed_are_read_for_who_comes_next(make_pair):
    clock = Clock()
    certificate, key = make_pair("a")
    one = Certificate(certificate, key, clock)
    before = one.context
    clock.now += 1
    assert one.context is before
    newer = [path.read_bytes() for path in make_pair("b")]
    certificate.write_bytes(newer[0])
    key.write_bytes(newer[1])
    clock.now += 0.5
    assert one.context is before
    clock.now += 0.5
    assert one.context is not before
    assert served(one.context, certificate)


@pytest.mark.parametrize("change", ["the key is still the old one", "it is gone", "it is empty"])
def test_a_pair_that_does_not_fit_is_not_taken_and_told(make_pair, caplog, change):
    clock = Clock()
    certificate, key = make_pair("a")
    one = Certificate(certificate, key, clock)
    before, (newer, newer_key) = one.context, make_pair("b")
    match change:
        case "it is gone":
            certificate.unlink()
        case "it is empty":
            certificate.write_bytes(b"")
        case _:
            certificate.write_bytes(newer.read_bytes())
    clock.now += 1
    assert one.context is before
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "the certificate that was read before is used on" in caplog.text
    certificate.write_bytes(newer.read_bytes())
    key.write_bytes(newer_key.read_bytes())
    clock.now += 1
    assert served(one.context, newer)
