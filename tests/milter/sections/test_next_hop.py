"""Where mail goes by what is set, and where it goes by default."""

import pytest
from pydantic import ValidationError

from pratique.milter.sections.next_hop import NextHopSection, ReleaseSection


def test_by_default_mail_goes_to_a_maildir_and_nothing_can_be_released():
    assert NextHopSection().kind == "maildir"
    assert ReleaseSection().next_hop is None


def test_a_mail_server_needs_its_address():
    assert NextHopSection(kind="smtp", address="127.0.0.1:25").address == "127.0.0.1:25"
    with pytest.raises(ValidationError, match="needs address"):
        NextHopSection(kind="smtp")
