"""The rules we ship, those of an admin, and what goes wrong with either."""

import re
from pathlib import Path

import pytest

from pratique.scanners import wall_pb2 as wall
from pratique.scanners.builtin.yara import _KEPT_FINDINGS, _KEPT_FROM, HEAD, KEPT, Yara
from pratique.scanners.part import Unfit
from pratique.scanners.yara_rules.loading import TWICE

ROOT = Path(__file__).resolve().parents[3]
SHARED = ROOT.parent / "shared"
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}" + b"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@pytest.fixture(scope="module")
def ours():
    return Yara(wall.Setup())


def with_rules(folder, **sources):
    for name, source in sources.items():
        (folder / f"{name}.yar").write_text(source)
    return Yara(wall.Setup(rule_folders=[str(folder)]))


def names(stated):
    return [finding.name for finding in stated.findings]


@pytest.mark.parametrize(
    "octets",
    [EICAR, EICAR + b"\r\n", EICAR + b" " * 59 + b"\n", EICAR + b"\x1a"],
    ids=["bare", "line", "128", "ctrl-z"],
)
def test_the_eicar_file_is_found(octets, ours, show):
    stated = show(ours, octets)

    (finding,) = stated.findings
    assert (finding.name, finding.family, finding.severity) == (
        "EICAR_test_file",
        "EICAR",
        "malicious",
    )
    assert (finding.scanner, finding.part) == ("yara", 7)
    assert finding.note
    assert finding.engine_version
    assert re.fullmatch("[0-9a-f]{12}", finding.database_version)


@pytest.mark.parametrize(
    "octets",
    [
        b" " + EICAR,
        EICAR[:-1],
        EICAR + b"x",
        EICAR + b" " * 61,
        b"The EICAR string is " + EICAR,
        b"",
        EICAR.lower(),
    ],
    ids=["before", "cut", "more", "129", "quoted", "empty", "case"],
)
def test_what_only_contains_it_is_not_the_eicar_file(octets, ours, show):
    assert names(show(ours, octets)) == []


def test_metadata_say_what_a_match_means(tmp_path, show):
    yara = with_rules(
        tmp_path,
        first='rule a { meta: family = "F" severity = "information" description = "D" '
        'strings: $x = "evil" condition: $x }',
        second='rule a { strings: $x = "evil" condition: $x }',
        third='rule c { meta: severity = "terrible" strings: $x = "evil" condition: $x }',
    )
    stated = show(yara, b"evil")

    assert [(one.name, one.family, one.severity, one.note) for one in stated.findings] == [
        ("a", "F", "information", "D"),
        ("a", "", "suspicious", ""),
        ("c", "", "suspicious", ""),
    ]


def test_metadata_of_public_sets_are_read_and_a_reference_is_an_address(tmp_path, show):
    yara = with_rules(
        tmp_path,
        a='rule a { meta: malware_family = "Ransom:W32/Mydoom" score = 75 '
        'reference = "https://example.org/x" strings: $x = "evil" condition: $x }',
        b='rule b { meta: reference = "Internal Research" score = 40 '
        'strings: $x = "evil" condition: $x }',
    )
    found = show(yara, b"evil").findings

    assert [(one.name, one.family, one.severity, one.reference) for one in found] == [
        ("a", "Mydoom", "suspicious", "https://example.org/x"),
        ("b", "", "information", ""),
    ]


@pytest.mark.parametrize("size", [100, HEAD, HEAD + 1])
@pytest.mark.parametrize("kind", ["message", "other"])
def test_very_many_rules_see_what_few_see(size, kind, tmp_path, show):
    source = 'rule %s { strings: $x = "evil" condition: $x }'
    padding = " " * TWICE
    yara = with_rules(tmp_path, **{"whole": source % "a" + padding, "some.head": source % "b"})
    stated = show(yara, b"evil".ljust(size, b"."), kind=kind)

    assert yara._all is None
    assert names(stated) == ["a", "b"]


def test_the_version_of_the_database_is_that_of_the_sources(tmp_path, ours, show):
    yara = with_rules(tmp_path, a="rule a { condition: true }")
    first = show(yara, b"x").findings[0].database_version
    (tmp_path / "a.yar").write_text("rule a { condition: true } // changed")
    second = show(Yara(wall.Setup(rule_folders=[str(tmp_path)])), b"x")

    assert first != second.findings[0].database_version
    assert first != show(ours, EICAR).findings[0].database_version


@pytest.mark.parametrize(("before", "found"), [(HEAD - 4, ["a", "b"]), (HEAD - 3, ["a"])])
def test_rules_about_the_head_see_no_more_than_that(before, found, tmp_path, show):
    source = 'rule %s { strings: $x = "evil" condition: $x }'
    yara = with_rules(tmp_path, **{"whole": source % "a", "some.head": source % "b"})

    assert names(show(yara, b"x" * before + b"evil")) == found


@pytest.mark.slow
def test_twenty_five_megabytes_of_words_of_mail_are_no_failure(ours, show):
    stated = show(ours, b"Subject: Re: Re:\r\n" * 1_400_000)

    assert [failure.detail for failure in stated.failures] == []


def test_other_files_of_a_folder_are_not_read(tmp_path):
    (tmp_path / "README.md").write_text("no rule")

    Yara(wall.Setup(rule_folders=[str(tmp_path)]))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("rule a {\n condition: nope }", r"bad\.yar:2: .*nope"),
        ('include "other.yar"', r"bad\.yar:1: .*include"),
        ("rule", r"bad\.yar:1: .*end of file"),
    ],
)
def test_a_broken_file_is_named_with_its_line(source, words, tmp_path):
    with pytest.raises(Unfit, match=words):
        with_rules(tmp_path, bad=source, good="rule g { condition: true }")


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(Unfit, match=r"rule folder .*nowhere"):
        Yara(wall.Setup(rule_folders=[str(tmp_path / "nowhere")]))


def test_a_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / "bad.yar").write_bytes(b"\xff\xfe")

    with pytest.raises(Unfit, match=r"rule file .*bad\.yar:1: it is no text"):
        Yara(wall.Setup(rule_folders=[str(tmp_path)]))


@pytest.mark.slow
def test_a_string_that_matches_too_often_is_a_failure(tmp_path, show):
    yara = with_rules(tmp_path, a='rule a { strings: $x = "a" condition: #x > 5 }')
    stated = show(yara, b"a" * 1_100_000)

    assert [(one.class_, one.part) for one in stated.failures] == [("scanner", 7)]
    assert "too often" in stated.failures[0].detail


@pytest.mark.slow
def test_a_rule_that_does_not_come_to_an_end_is_a_failure(tmp_path, show):
    yara = with_rules(
        tmp_path,
        a="rule a { condition: filesize == 1000 and "
        "for all i in (0..1000000000) : (uint8(i % filesize) == 97) }",
    )
    stated = show(yara, b"a" * 1000)

    assert [one.detail for one in stated.failures] == ["yara: not finished after 5 seconds"]


def worm(subject="hi", text="test", name="document.pif", octets="TVqQAAMAAAAEAAAA//8AALgAAAAAAAAA"):
    body = octets + "A" * 40
    return (
        f"From: a@b.example\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        f"--b\r\n\r\n{text}\r\n--b\r\nContent-Type: application/octet-stream;\r\n"
        f'\tname="{name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n{body}\r\n--b--\r\n'
    ).encode()


TEXT, ZIP, ENCRYPTED = "SGVsbG8gd29ybGQh", "UEsDBBQAAAAIAAAA", "UEsDBBQAAQAAAAAA"


@pytest.mark.parametrize(
    ("message", "family", "severity"),
    [
        (worm(), "Mydoom", "malicious"),
        (worm(octets=TEXT), "Mydoom", "suspicious"),
        (worm("Re: Your bill", "See it.", "your_bill.pif"), "Netsky", "malicious"),
        (
            worm("x", "+++ Attachment: No Virus found", "a.zip", ZIP),
            "Netsky",
            "suspicious",
        ),
        (worm("Hi", "Test =)\r\nabc\r\n--\r\nTest, yep.", "abc.exe"), "Bagle", "malicious"),
        (
            worm(
                "Warning about your e-mail account.",
                "the attached file is password protected.",
                "Readme.zip",
                ENCRYPTED,
            ),
            "Bagle",
            "suspicious",
        ),
        (worm("Security measures", "x", "email-doc.scr"), "Mytob", "malicious"),
        (
            worm("Your details", "See the attached file for details", "your_details.pif"),
            "Sobig",
            "malicious",
        ),
    ],
)
def test_the_shape_of_a_worm_is_found(message, family, severity, ours, show):
    found = {(one.family, one.severity) for one in show(ours, message).findings}

    assert (family, severity) in found


@pytest.mark.parametrize(
    "message",
    [
        worm(name="document.pdf", octets=TEXT),
        worm("Re: Details", "Please see the attached file for details.", "details.pdf", TEXT),
        worm("Re: documents", "The two texts.", "document.zip", ZIP),
        worm("Setup", "The new version.", "setup-2.1.exe"),
        worm("Warning about your e-mail account.", "It is full.", "Readme.zip", ZIP),
        b"Subject: test\r\n\r\nMail transaction failed. Partial message is available.\r\n",
        b"Subject: x\r\n\r\n> +++ Attachment: No Virus found\r\n",
        b"plain text: hi, hello, test; name=document.pif\r\n",
    ],
)
def test_words_or_names_alone_are_no_worm(message, ours, show):
    assert names(show(ours, message)) == []


@pytest.mark.slow
@pytest.mark.real("shared mail")
def test_no_genuine_mail_is_taken_for_a_worm(ours, show):
    corpora = (SHARED / "corpora").rglob("*")
    kept = [path for path in corpora if path.is_file() and path.suffix not in {".md", ".json"}]

    assert len(kept) > 100
    assert [str(path) for path in kept if names(show(ours, path.read_bytes()))] == []


EVIL = b"evil".ljust(_KEPT_FROM, b".")
FINDS_EVIL = 'rule a { meta: family = "F" strings: $x = "evil" condition: $x }'


def test_what_matched_is_kept_and_said_of_each_part_that_has_these_octets(tmp_path, show):
    yara = with_rules(tmp_path, a=FINDS_EVIL)
    (first,) = show(yara, EVIL, sha256="e").findings
    # Nobody looks at the octets: their hash is known.
    (again,) = show(yara, b"." * len(EVIL), sha256="e").findings

    assert first == again
    assert first.part == 7


@pytest.mark.parametrize(
    ("octets", "known"),
    [
        (EVIL[:-1], {"sha256": "e"}),
        (EVIL, {"sha256": ""}),
        (EVIL, {"sha256": "e", "kind": "message"}),
    ],
    ids=["small", "without a hash", "a message"],
)
def test_what_does_not_come_again_is_not_kept(octets, known, tmp_path, show):
    yara = with_rules(tmp_path, a=FINDS_EVIL)
    show(yara, octets, **known)

    assert yara._kept == {}


@pytest.mark.parametrize(("rules", "kept"), [(_KEPT_FINDINGS, 1), (_KEPT_FINDINGS + 1, 0)])
def test_what_matches_very_many_rules_is_not_kept(rules, kept, tmp_path, show):
    source = " ".join(f"rule r{number} {{ condition: true }}" for number in range(rules))
    yara = with_rules(tmp_path, a=source)
    found = show(yara, EVIL, sha256="e").findings

    assert len(found) == rules
    assert len(yara._kept) == kept


def test_no_more_parts_are_kept_than_that_and_the_oldest_goes(tmp_path, show):
    yara = with_rules(tmp_path, a=FINDS_EVIL)
    for number in range(KEPT + 1):
        show(yara, EVIL, sha256=str(number))

    assert list(yara._kept) == [str(number) for number in range(1, KEPT + 1)]


@pytest.mark.slow
def test_a_scan_that_went_wrong_is_not_kept(tmp_path, show):
    yara = with_rules(tmp_path, a='rule a { strings: $x = "a" condition: #x > 5 }')
    show(yara, b"a" * 1_100_000, sha256="a")

    assert yara._kept == {}


@pytest.mark.slow
def test_a_string_whose_rule_does_not_count_may_stand_there_any_number_of_times(tmp_path, show):
    stated = show(
        with_rules(tmp_path, a='rule a { strings: $x = "a" condition: $x }'), b"a" * 1_100_000
    )

    assert names(stated) == ["a"]
    assert list(stated.failures) == []


@pytest.mark.parametrize("size", [HEAD, HEAD + 1])
@pytest.mark.parametrize("kind", ["message", "other"])
def test_rules_of_every_file_see_a_part_of_any_size(size, kind, tmp_path, show):
    source = 'rule %s { strings: $x = "evil" condition: $x at 0 }'
    yara = with_rules(tmp_path, **{"whole": source % "a", "some.head": source % "b"})

    assert names(show(yara, b"evil".ljust(size, b"."), kind=kind)) == ["a", "b"]


MULTIPART = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"


@pytest.mark.parametrize(("before", "found"), [(HEAD - 4, ["a", "b"]), (HEAD - 3, [])])
def test_of_a_message_with_parts_no_rule_sees_more_than_the_head(before, found, tmp_path, show):
    source = 'rule %s { strings: $x = "evil" condition: $x }'
    yara = with_rules(tmp_path, **{"whole": source % "a", "some.head": source % "b"})
    octets = MULTIPART.ljust(before, b".") + b"evil" + b"." * 9

    assert names(show(yara, octets, kind="message", parent=-1)) == found


@pytest.mark.parametrize(
    ("head", "known"),
    [
        (b"Subject: a\r\n\r\n", {"kind": "message", "parent": -1}),
        (MULTIPART, {"kind": "message", "parent": 0}),
        (MULTIPART, {"kind": "other", "parent": 0}),
    ],
    ids=["without parts", "attached", "no message"],
)
def test_any_other_part_is_shown_whole(head, known, tmp_path, show):
    yara = with_rules(tmp_path, a='rule a { strings: $x = "evil" condition: $x }')

    assert names(show(yara, head.ljust(2 * HEAD, b".") + b"evil", **known)) == ["a"]
