"""The family stands in a name at the place that its maker gives it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.scanners.families.grammar import LONGEST, NAME, WORDS, family_in, words_of

# Of no table: the grammar alone finds them.
MADE = {
    "ClamAV": "Win.Worm.Rhubarb-5",
    "ClamAV, with a revision": "Doc.Downloader.Rhubarb-6789-1",
    "ClamAV, from elsewhere": "Win.Trojan.Rhubarb-5.UNOFFICIAL",
    "Microsoft": "Worm:Win32/Rhubarb.A@mm",
    "Microsoft, by a machine": "TrojanDownloader:O97M/Rhubarb.AJK!MTB",
    "Kaspersky": "Email-Worm.Win32.Rhubarb.a",
    "Kaspersky, a heuristic": "HEUR:Trojan.Win32.Rhubarb.gen",
    "Kaspersky, of old": "I-Worm.Rhubarb",
    "F-Secure": "Email-Worm:W32/Rhubarb.gen",
    "McAfee": "W32/Rhubarb.gen@MM!zip",
    "Symantec": "W32.Rhubarb.A@mm",
    "Trend Micro": "WORM_RHUBARB.A",
    "Trend Micro, now": "Trojan.W97M.RHUBARB.SMK",
    "Sophos": "W32/Rhubarb-A",
    "Sophos, a trojan": "Troj/Rhubarb-CQ",
    "ESET": "a variant of Win32/Rhubarb.GABC trojan",
    "ESET, a kind before it": "Win32/TrojanDownloader.Rhubarb.A",
    "Bitdefender": "Gen:Variant.Rhubarb.1234",
    "Avira": "TR/AD.Rhubarb.abc",
    "Avast": "Win32:Rhubarb-A [Wrm]",
    "Doctor Web": "Win32.HLLM.Rhubarb.32768",
    "Panda": "W32/Rhubarb.A.worm",
    "upper case": "RHUBARB_A",
}
NONE = [
    "", "Heur", "Gen", "Trojan.Generic", "HEUR:Trojan.Win32.Generic", "Trojan.GenericKD.12345",
    "TrojanDownloader:O97M/Agent.AJKX!MTB", "Win32/Kryptik.GABCD", "Mal/Generic-S",
    "TR/Crypt.XPACK.Gen", "Artemis!0123456789AB", "Trojan:Win32/Wacatac.B!ml",
    "Win32:Malware-gen", "Win.Malware.Agent-6412-0", "PUA.Win.Packer.Rhubarb-1",
    "Heuristics.Phishing.Email.SpoofedDomain", "Sanesecurity.Malware.28101.LzhHeur",
    "Win.Exploit.CVE_2017_11882-1", "Trojan.0a1b2c3d4e5f", "A name with blanks", "a.b.c", "€uro",
]  # fmt: skip


@pytest.mark.parametrize("name", MADE.values(), ids=MADE)
def test_the_family_is_found_as_each_maker_writes_it(name):
    assert family_in(name) == "rhubarb"


@pytest.mark.parametrize("name", NONE)
def test_a_name_that_says_only_that_something_is_bad_has_no_family(name):
    assert family_in(name) == ""


def test_a_name_is_read_up_to_a_length():
    assert family_in("." * (NAME - 7) + "Rhubarb") == "rhubarb"
    assert family_in("." * (NAME - 3) + "Rhubarb") == ""


def test_so_many_words_are_looked_at():
    assert len(list(words_of("a." * WORDS))) == len(list(words_of("a." * (WORDS + 1)))) == WORDS
    assert family_in("a." * (WORDS - 1) + "Rhubarb") == "rhubarb"
    assert family_in("a." * WORDS + "Rhubarb") == ""


def test_a_family_has_a_length():
    assert family_in("Worm." + "x" * LONGEST) == "x" * LONGEST
    assert family_in("Worm." + "x" * (LONGEST + 1)) == ""


@pytest.mark.slow
@given(st.text(max_size=60))
def test_any_text_has_a_short_family_or_none(name):
    found = family_in(name)
    assert len(found) <= LONGEST
    assert found in name.lower()
