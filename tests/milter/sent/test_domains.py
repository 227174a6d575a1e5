"""Domains of ours, and what is below them."""

import pytest

from pratique.milter.sent.domains import Domains

OURS = Domains(("contoso.example",))


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("contoso.example", True), ("MX.Contoso.example.", True), ("mycontoso.example", False),
        ("example", False), ("", False),
    ],
)  # fmt: skip
def test_a_host_is_ours_or_not(host, ours):
    assert OURS.has(host) is ours
    assert OURS.has_address(f"<a@{host}>") is ours
