"""The octets that are harmless are so, to real readers."""

import email  # noqa: TID251 - a reader that is not ours
import email.policy  # noqa: TID251

import magic

from pratique.scanners.yara_rules.samples import EICAR, HARMLESS


def test_they_are_what_they_are_called():
    mail = email.message_from_bytes(HARMLESS["a mail with a picture"], policy=email.policy.default)
    kinds = [part.get_content_type() for part in mail.walk()]
    assert kinds == ["multipart/mixed", "text/plain", "text/html", "image/png"]
    assert mail.get_payload()[2].get_content() == HARMLESS["a picture"]
    assert not any(part.defects for part in mail.walk())
    assert HARMLESS["an empty part"] == b""


def test_the_picture_is_one():
    said = magic.from_buffer(HARMLESS["a picture"])
    assert said == "PNG image data, 1 x 1, 8-bit grayscale, non-interlaced"


def test_the_eicar_file_has_its_68_characters():
    assert len(EICAR) == 68
