"""One family has one name, whoever found it; an admin knows more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.scanners.builtin import FOLLOWERS, MADE_FOLLOWERS, SCANNERS
from pratique.scanners.families.grammar import LONGEST
from pratique.scanners.families.known import MOST, SHIPPED, Families, WrongFamilies
from pratique.scanners.families.table import FAMILIES


@pytest.mark.parametrize(
    "name",
    [
        "Win.Worm.Mydoom-5", "W32/Mydoom.A@mm", "MYDOOM_A", "Worm.Win32.Mydoom.a",
        "I-Worm.Mydoom", "Email-Worm:W32/Mydoom.gen", "Novarg", "W32.Novarg.A@mm", "Mimail.R",
        "W32/Mimail.R@mm", "WORM_MIMAIL.R", "Win32.HLLM.MyDoom.32768", "Worm:Win32/Mydoom.A@mm",
        "W32/Shimgapi", "Mydoom",
    ],
)  # fmt: skip
def test_all_names_of_mydoom_mean_mydoom(name):
    assert SHIPPED.of(name) == "Mydoom"


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("Worm.Mimail.A", "Mimail"),
        ("Worm.SomeFool.P", "Netsky"),
        ("W32/Netsky-P", "Netsky"),
        ("W32.Beagle.J@mm", "Bagle"),
        ("WORM_MYTOB.EQ", "Mytob"),
        ("Email-Worm.Win32.Sobig.f", "Sobig"),
        ("W32/Wurmark-J", "Wurmark"),
        ("W32.Evaman.A@mm", "Evaman"),
        ("Doc.Downloader.Emotet-6789", "Emotet"),
        ("Trojan.Heodo.AB", "Emotet"),
        ("TrojanSpy.Win32.QAKBOT.YXD", "Qakbot"),
        ("Trojan:Win32/Qbot.R!MTB", "Qakbot"),
        ("Win.Test.EICAR_HDB-1", "Eicar"),
        ("Gen:Variant.Zusy.1234", "Zusy"),
        ("ZUSY_A", "Zusy"),
        ("Trojan.Generic", ""),
        ("Heuristics.Encrypted.Zip", ""),
    ],
)
def test_a_family_is_spelled_one_way(name, family):
    assert SHIPPED.of(name) == family


def test_each_family_of_the_table_and_each_of_its_names_means_it():
    for family, others in FAMILIES.items():
        assert {SHIPPED.of(one) for one in (family, *others)} == {family}


def test_names_of_the_table_are_no_one_elses():
    every = [one.lower() for family, others in FAMILIES.items() for one in (family, *others)]
    assert len(every) == len(set(every))


@pytest.mark.parametrize(
    ("rule", "family"),
    [("MAL_Emotet_Jan20_1", "Emotet"), ("mydoom_a_text", "Mydoom"), ("Invoice_Program", "")],
)
def test_in_the_name_of_a_rule_only_the_table_finds_a_family(rule, family):
    assert SHIPPED.known(rule) == family


def test_findings_of_our_own_scanners_have_no_family_by_their_names():
    ours = (*SCANNERS, *FOLLOWERS, *MADE_FOLLOWERS)
    names = [name for one in ours for name in getattr(one, "findings", ())]
    assert len(names) > 10
    assert [name for name in names if SHIPPED.known(name)] == []


@pytest.mark.parametrize(
    ("family", "spelled"), [("novarg", "Mydoom"), ("Rhubarb", "Rhubarb"), ("", "")]
)
def test_what_is_said_to_be_a_family_is_spelled_as_all_spell_it(family, spelled):
    assert SHIPPED.spelled(family) == spelled


@pytest.mark.slow
@given(st.text(max_size=60) | st.from_regex(r"[A-Za-z0-9./:_@!-]{0,80}", fullmatch=True))
def test_a_family_is_its_own_family_and_short(name):
    family = SHIPPED.of(name)
    assert len(family) <= LONGEST
    assert SHIPPED.of(family) == family
    known = SHIPPED.known(name)
    assert SHIPPED.known(known) == known


MORE = """
no_family = ["Acmepack", "Zusy"]

[families]
Mydoom = ["Doomsday"]
Rhubarb = ["Rabarber", "Bagle.XY"]
HeodoLoader = ["Emotet"]
"""


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("Worm.Doomsday.A", "Mydoom"),
        ("Worm.Novarg.A", "Mydoom"),
        ("W32/Rabarber.A", "Rhubarb"),
        ("W32/Bagle.XY", "Rhubarb"),
        ("W32/Bagle.A", "Bagle"),
        ("Trojan.Acmepack.Rest", ""),
        ("Gen:Variant.Zusy.1", ""),
        ("Trojan.Geodo", "HeodoLoader"),
    ],
)
def test_an_admin_adds_names_and_takes_some_away(name, family):
    assert Families.read(MORE, "f.toml").of(name) == family


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("families = 3", "`families` is a table"),
        ("[families]\nMydoom = 'x'", "families.Mydoom: its other names are missing"),
        ("[families]\nMydoom = [3]", "families.Mydoom"),
        ("[families]\nMydoom = ['a.b.c']", "families.Mydoom"),
        ("[families]\n'My.doom' = []", "families.My.doom"),
        ("[families]\nA = ['B']\nB = []", "'B' is a family, and a name of 'A' too"),
        ("[families]\nA = ['X']\nB = ['x']", "'x' is a name of two families"),
        ("no_family = ['B']\n[families]\nA = ['B']", "'b' is a name of two families, or of none"),
        (f"[families]\n{'x' * (LONGEST + 1)} = []", "is a table"),
        ("no_family = 'Agent'", "`no_family` is a list of words"),
        ("no_family = ['']", "`no_family`"),
        ("family = {}", "'family' is not known"),
        ("[families\nx = []", "at line 1"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(text, why):
    with pytest.raises(WrongFamilies, match=r"^f\.toml: ") as refused:
        Families.read(text, "f.toml")
    assert why in str(refused.value)


def test_a_name_at_the_length_is_taken():
    assert Families.read(f"[families]\n{'x' * LONGEST} = []", "f").of("x" * LONGEST)


@pytest.mark.slow
def test_so_many_names_are_read():
    most = ",".join(f"'w{number}'" for number in range(MOST))
    Families.read(f"no_family = [{most}]", "f")
    with pytest.raises(WrongFamilies, match="at most"):
        Families.read(f"no_family = [{most}, 'one']", "f")
