"""Rules that read what a hashed journal does not keep are named, and no others."""

import pytest

from pratique.milter.replay.unsure import unsure

GROUP = "[[group]]\nname = 'board'\nmembers = ['a@b.example']\n"
REST = "[[rule]]\nname = 'rest'\nactions = ['accept']\n"


@pytest.mark.parametrize(
    ("condition", "fields"),
    [
        ('mail.subject.contains("x")', ("mail.subject",)),
        ('envelope.reverse_path == "" && mail.size > 3', ("envelope.reverse_path",)),
        ('mail.header.from_.exists(f, f.display_name == "x")', ("address.display_name",)),
        ('rcpt.address == "a@b.example"', ("recipient.address",)),
        ('"board" in rcpt.groups', ("recipient.groups",)),
        ('any_name("(?i)x")', ("part.name",)),
        ('links.exists(l, l.url.contains("x") && l.shown == "")', ("link.shown", "link.url")),
        ('"x" in envelope.macros', ("envelope.macros",)),
        ('rcpt.domain == "b.example"', ()),
        ('mail.header.from_.exists(f, f.domain == "x")', ()),
        ('any_kind("script") && parts.exists(p, p.type == "x")', ()),
        ('links.exists(l, l.host.endsWith("x.example"))', ()),
        ('findings.size() > 0 && auth.dmarc == "fail"', ()),
    ],
)
def test_a_rule_is_named_with_the_fields_that_are_hashed(a_policy, condition, fields):
    rule = f"[[rule]]\nname = 'one'\nwhen = '''{condition}'''\nactions = ['reject']\nreason = 'x'\n"
    found = unsure(a_policy(GROUP + rule + REST).load())
    assert [one.fields for one in found] == ([fields] if fields else [])
    assert [one.rule for one in found] == (["one"] if fields else [])


def test_a_condition_on_parts_counts_too(a_policy):
    rule = (
        "[[rule]]\nname = 'one'\nwhen = 'mail.size > 3'\n"
        "actions = ['strip', 'accept']\n"
        "strip_when = '''p.name.matches(\"x\")'''\nreason = 'x'\n"
    )
    (found,) = unsure(a_policy(rule + REST).load())
    assert (found.rule, found.fields) == ("one", ("part.name",))
