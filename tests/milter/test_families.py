"""Families of an admin's file are known on this side, or refused in words."""

import pytest

from pratique.milter.config_problems import ConfigError
from pratique.milter.families import families_of
from pratique.milter.sections.families import FamiliesSection
from pratique.scanners.families.known import SHIPPED


def test_without_a_file_those_are_known_that_are_shipped():
    assert families_of(FamiliesSection()) is SHIPPED


def test_a_file_adds_to_them(tmp_path):
    file = tmp_path / "families.toml"
    file.write_text("[families]\nRhubarb = ['Rabarber']\n")
    families = families_of(FamiliesSection(file=file))
    assert [families.of(one) for one in ("W32/Rabarber.A", "Novarg")] == ["Rhubarb", "Mydoom"]


@pytest.mark.parametrize("octets", [None, b"families = 3", b"\xff"])
def test_a_file_that_cannot_be_used_is_told(octets, tmp_path):
    file = tmp_path / "families.toml"
    if octets is not None:
        file.write_bytes(octets)
    with pytest.raises(ConfigError, match=r"families\.toml: "):
        families_of(FamiliesSection(file=file))
