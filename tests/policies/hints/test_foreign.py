"""Try what names of other filters are guessed to stand for, and that others are not guessed."""

import pytest

from pratique.policies.hints import foreign


@pytest.mark.parametrize("name", ["FromScope", "from_scope", "from-scope", "FROM scope"])
def test_a_name_falls_into_words(name):
    assert foreign.words(name) == ["from", "scope"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("AttachmentHasExecutableContent", "any_kind("),
        ("banned_filename", "any_name("),
        ("virus_name", "findings.exists("),
        ("SubjectContainsWords", "mail.subject"),
        ("FromScope", "mail.direction"),
        ("BAYES_SPAM", "scores.exists("),
        ("from_in_map", "[[list]]"),
        ("in_group", "rcpt.groups"),
        ("today", "envelope.received_at"),
        ("anyof", "||"),
        ("zzz", ""),
    ],
)
def test_a_name_of_another_filter_is_translated(name, hint):
    assert hint in foreign.name(name)
    assert bool(hint) == bool(foreign.name(name))


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("D_BOUNCE", "reject"),
        ("soft reject", "defer"),
        ("action_drop_with_warning", "discard"),
        ("rewrite subject", "add_header"),
        ("zzz", ""),
    ],
)
def test_an_action_of_another_filter_is_translated(name, action):
    known = {"bounce": "reject", "reject": "reject", "drop": "discard"}
    assert foreign.action(name, known) == action


def test_what_is_said_otherwise_has_a_hint():
    assert "from the top" in foreign.key("priority")
    assert "`when`" in foreign.key("ExceptIf")
    assert '`mode = "shadow"`' in foreign.key("enabled")
    assert foreign.key("zzz") == foreign.action_hint("zzz") == ""
    assert "ends reading" in foreign.action_hint("stop")
