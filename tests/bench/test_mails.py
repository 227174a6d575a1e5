"""The mail of the comparison is what it says, the same each time, and no two are alike."""

import base64
import io
import random
import runpy
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

FILE = Path(__file__).resolve().parents[2] / "bench/peers/mails.py"


@pytest.fixture(scope="module")
def mails() -> SimpleNamespace:
    return SimpleNamespace(**runpy.run_path(str(FILE)))


def attachment(mail: bytes) -> bytes:
    """The last part, decoded."""
    _, _, body = mail.split(b"--=_bench\r\n")[-1].partition(b"\r\n\r\n")
    return base64.b64decode(body.partition(b"--=_bench--")[0])


@pytest.mark.parametrize(
    ("kind", "least", "most"), [("4k", 3500, 4500), ("100k", 90e3, 110e3), ("eicar", 2500, 4500)]
)
def test_a_mail_has_its_size_and_is_the_same_each_time(mails, kind, least, most):
    make = mails.KINDS[kind].make
    once, again, other = (make(random.Random(seed), 1) for seed in ("a", "a", "b"))
    assert once == again != other
    assert least < len(once) < most
    assert max(map(len, once.split(b"\r\n"))) <= 998


@pytest.mark.parametrize("kind", ["100k", "eicar"])
def test_no_attachment_comes_again(mails, kind):
    make = mails.KINDS[kind].make
    attached = {attachment(make(random.Random(f"{n}"), n)) for n in range(5)}
    assert len(attached) == 5


def test_the_same_document_is_in_mails_that_differ(mails):
    made = [mails.same_document(random.Random(f"{number}"), number) for number in range(3)]
    assert len(set(made)) == 3
    assert len({attachment(each) for each in made}) == 1


def test_eicar_lies_in_a_zip_in_a_zip(mails):
    outer = zipfile.ZipFile(io.BytesIO(attachment(mails.hidden(random.Random("a"), 1))))
    inner = zipfile.ZipFile(io.BytesIO(outer.read("inner.zip")))
    assert inner.read("eicar.com") == mails.EICAR
