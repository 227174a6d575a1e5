"""What a milter may be told."""

from pratique.milter.config import parse

MILTER = '[[milter]]\nreply = "sender"\n'


def test_a_milter_alone_needs_no_smtp_listener():
    settings = parse(MILTER + f'socket = "unix:/{"x" * 106}"\n', "x")
    assert settings.listeners == ()
    assert settings.milter[0].quarantine == "own"
