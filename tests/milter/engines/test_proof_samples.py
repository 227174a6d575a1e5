"""The test files are what they say: other programs open them and find EICAR."""

import email  # noqa: TID251 - another reader
import email.policy  # noqa: TID251
import io
import runpy
import shutil
import subprocess
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from pratique.milter.engines.proof_samples import EICAR, mail, samples, zipped

TESTS = Path(__file__).parents[2]
# As eicar.org gives it for the file of 68 octets.
SHA256 = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f"
PLAIN, ZIP, DOCUMENT = (sample.octets for sample in samples("apart"))


def test_eicar_is_eicar():
    assert (len(EICAR), sha256(EICAR).hexdigest()) == (68, SHA256)
    assert runpy.run_path(str(TESTS / "clamd_process.py"))["EICAR"] == EICAR


def test_in_containers_only_who_opens_them_finds_it():
    for sample in [*samples("parts"), *samples("apart")]:
        assert (EICAR in sample.octets) == (sample.octets == EICAR)
        assert b"EICAR-STANDARD" not in sample.octets.replace(EICAR, b"")


@pytest.mark.parametrize("octets", [ZIP, DOCUMENT])
def test_python_reads_the_zips(octets):
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        assert archive.testzip() is None
        assert EICAR in [archive.read(name) for name in archive.namelist()]
        assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.real("7z")
@pytest.mark.parametrize("octets", [ZIP, DOCUMENT])
def test_and_so_does_7z(octets, tmp_path):
    (tmp_path / "a.zip").write_bytes(octets)
    said = subprocess.run(["7z", "t", tmp_path / "a.zip"], capture_output=True, check=False)
    assert (said.returncode, b"Warnings" in said.stdout) == (0, False)


@pytest.mark.real("soffice")
@pytest.mark.slow
def test_the_document_is_one_that_a_word_processor_opens(tmp_path):
    (tmp_path / "eicar.docx").write_bytes(DOCUMENT)
    subprocess.run(
        [shutil.which("soffice"), f"-env:UserInstallation=file://{tmp_path}/home", "--headless",
         "--convert-to", "txt:Text", "--outdir", tmp_path, tmp_path / "eicar.docx"],
        capture_output=True, check=True, timeout=120,
    )  # fmt: skip
    assert "tries whether an engine opens this" in (tmp_path / "eicar.txt").read_text("utf-8-sig")


def test_of_an_empty_zip_there_is_the_end():
    with zipfile.ZipFile(io.BytesIO(zipped({}))) as archive:
        assert archive.namelist() == []


def test_a_mail_has_the_file_attached():
    read = email.message_from_bytes(mail("eicar.docx", DOCUMENT), policy=email.policy.default)
    (attached,) = read.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("eicar.docx", DOCUMENT)
    assert read.get_body().get_content().startswith("A harmless test file")
    assert not read.defects
    assert b"\n" not in mail("a", bytes(1000)).replace(b"\r\n", b"")


@pytest.mark.parametrize(("show", "mails", "bare"), [("message", 3, 0), ("parts", 3, 3)])
def test_who_opens_mail_or_archives_must_find_all(show, mails, bare):
    found = [sample.octets.startswith(b"Received:") for sample in samples(show)]
    assert found == [True] * mails + [False] * bare
    assert all(sample.must for sample in samples(show))


def test_who_is_shown_each_member_by_itself_need_not_open_archives():
    assert [sample.must for sample in samples("apart")] == [True, False, False]
