"""What a zip file is by what it holds."""

import io
import zipfile

import pytest

from pratique.scanners.containers.zip import types as zip_types

OFFICE = "application/vnd.openxmlformats-officedocument."


@pytest.mark.parametrize(
    ("names", "type_"),
    [
        (["a.txt"], "application/zip"),
        ([], "application/zip"),
        (["[Content_Types].xml", "word/document.xml"], OFFICE + "wordprocessingml.document"),
        (["[Content_Types].xml", "xl/workbook.xml"], OFFICE + "spreadsheetml.sheet"),
        (["[Content_Types].xml", "ppt/presentation.xml"], OFFICE + "presentationml.presentation"),
        (["[Content_Types].xml", "x"], OFFICE + "package"),
        (
            ["[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"],
            "application/vnd.ms-office.macroenabled",
        ),
        (["META-INF/MANIFEST.MF", "a/B.class"], "application/java-archive"),
        (["META-INF/MANIFEST.MF", "a.txt"], "application/zip"),
        (["AndroidManifest.xml", "classes.dex"], "application/vnd.android.package-archive"),
    ],
)
def test_the_names_tell(names, type_):
    space = io.BytesIO()
    with zipfile.ZipFile(space, "w") as archive:
        for name in names:
            archive.writestr(name, b"")

    assert zip_types.detect(memoryview(space.getvalue())) == type_


@pytest.mark.parametrize(
    ("stated", "type_"),
    [
        ("application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text"),
        ("application/epub+zip", "application/epub+zip"),
        ("application/x-msdownload", "application/zip"),
        ("application/vnd.oasis.opendocument.ü", "application/zip"),
    ],
)
def test_a_first_member_may_state_it(stated, type_):
    space = io.BytesIO()
    with zipfile.ZipFile(space, "w") as archive:
        archive.writestr("mimetype", stated)
        archive.writestr("content.xml", "x")

    assert zip_types.detect(memoryview(space.getvalue())) == type_
