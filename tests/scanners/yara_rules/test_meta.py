"""What metadata mean, ours and those of public sets."""

import pytest

from pratique.scanners.yara_rules.meta import Said, said, severity_of

# As they stand in the sets that are named.
SETS = [
    (
        {  # Elastic, protections-artifacts
            "author": "Elastic Security",
            "threat_name": "Windows.Trojan.Nanocore",
            "reference_sample": "b2262126a955e306dc68487333394dc08c4fbd708a19afeb531f58916ddb1cfd",
            "severity": 100,
            "scan_context": "file, memory",
        },
        Said("suspicious", "NanoCore"),
    ),
    (
        {  # ReversingLabs
            "category": "MALWARE",
            "malware": "TRICKBOT",
            "description": "Yara rule that detects TrickBot trojan.",
            "tc_detection_type": "Trojan",
            "tc_detection_name": "TrickBot",
            "tc_detection_factor": 5,
        },
        Said("suspicious", "TRICKBOT", "Yara rule that detects TrickBot trojan."),
    ),
    (
        {  # McAfee, by way of YARA Forge
            "description": "Rule to detect Amba Ransomware",
            "reference": "https://www.enigmasoftware.com/ambaransomware-removal/",
            "score": 75,
            "quality": 70,
            "malware_family": "Ransom:W32/CTBLocker",
        },
        Said(
            "suspicious",
            "Ctblocker",
            "Rule to detect Amba Ransomware",
            "https://www.enigmasoftware.com/ambaransomware-removal/",
        ),
    ),
    (
        {  # Malpedia
            "description": "Detects win.xworm.",
            "malpedia_reference": "https://malpedia.caad.fkie.fraunhofer.de/details/win.xworm",
        },
        Said(
            note="Detects win.xworm.",
            reference="https://malpedia.caad.fkie.fraunhofer.de/details/win.xworm",
        ),
    ),
    (
        {"description": "hunting", "reference": "Internal Research", "score": 50},
        Said("information", "", "hunting"),
    ),
]


@pytest.mark.parametrize(("meta", "meant"), SETS)
def test_public_sets_are_understood(meta, meant):
    assert said(meta) == meant


@pytest.mark.parametrize(
    ("meta", "severity"),
    [
        ({}, "suspicious"),
        ({"severity": "malicious"}, "malicious"),
        ({"severity": " Information "}, "information"),
        ({"severity": "critical"}, "suspicious"),
        ({"severity": "low"}, "information"),
        ({"severity": 100}, "suspicious"),
        ({"score": 100}, "suspicious"),
        ({"score": 60}, "suspicious"),
        ({"score": 59}, "information"),
        ({"severity": "malicious", "score": 10}, "malicious"),
        ({"severity": "terrible"}, ""),
        ({"severity": True}, ""),
        ({"score": "80"}, ""),
    ],
)
def test_a_severity_is_one_of_three_words_and_no_number_is_malicious(meta, severity):
    assert severity_of(meta) == severity
    assert said(meta).severity == (severity or "suspicious")


@pytest.mark.parametrize(
    ("written", "reference"),
    [
        ("https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
        ("see https://example.org/a, https://example.org/b", "https://example.org/a"),
        ("http://[2001:db8::1]/", "http://[2001:db8::1]/"),
        ("HTTPS://example.org", "HTTPS://example.org"),
        ("javascript:alert(1)", ""),
        ("ftp://example.org/a", ""),
        ("https:///nowhere", ""),
        ("MITRE ATT&CK T1566.002", ""),
        ("https://example.org/\x1b[2J", ""),
        ("https://exämple.org/", ""),
        ("", ""),
        (17, ""),
        ("https://example.org/" + "a" * 480, "https://example.org/" + "a" * 480),
        ("https://example.org/" + "a" * 481, ""),
    ],
)
def test_a_reference_is_an_address_on_the_web_or_left_out(written, reference):
    assert said({"reference": written}).reference == reference


def test_a_key_that_says_nothing_leaves_it_to_the_next():
    meta = {"reference": "Internal Research", "url": "https://example.org/x"}
    assert said(meta).reference == "https://example.org/x"
    assert said(
        {"malware_family": "Generic:W32/Agent", "threat_name": "Win.Trojan.Emotet"}
    ) == Said(family="Emotet")


def test_keys_are_known_in_letters_of_either_case():
    assert said({"Description": "d", "Family": "F"}) == Said(note="d", family="F")


def test_texts_are_one_line_without_what_cannot_be_seen_and_not_long():
    assert said({"description": "a\r\n\tb\x1b\u202ec"}).note == "a bc"
    assert said({"description": "d" * 300}).note == "d" * 300
    assert said({"description": "d" * 301}).note == "d" * 299 + "…"
    assert len(said({"family": "f" * 1000}).family) == 64


def test_a_name_as_engines_write_it_is_no_family_and_means_one():
    assert said({"family": "W32/Mydoom.A@mm"}).family == "Mydoom"
