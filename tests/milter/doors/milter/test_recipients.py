"""Which recipients a mail server is asked to change where some have a tag of ours."""

import pytest

from pratique.milter.doors.milter.recipients import Recipients
from pratique.milter.mail import Forward

A, B = Forward("a@x"), Forward("b@x")
TAGGED = Forward("a@x", ("NOTIFY=NEVER",), "t=a@x")
OLDER = Forward("a@x", tagged="s=a@x")


@pytest.mark.parametrize(
    ("came", "merged", "without", "instead"),
    [
        ((A, B), (A, B), (), ()),
        ((A, A), (A, A), (), ()),
        ((TAGGED, B), (TAGGED, B), ("t=a@x",), (TAGGED,)),
        # The plain one is there already.
        ((TAGGED, A), (TAGGED,), ("t=a@x",), ()),
        ((A, TAGGED), (A,), ("t=a@x",), ()),
        ((TAGGED, OLDER), (TAGGED,), ("t=a@x", "s=a@x"), (TAGGED,)),
    ],
)
def test_the_tagged_one_goes_and_the_plain_one_comes(came, merged, without, instead):
    recipients = Recipients(came)
    assert recipients.merged == merged
    assert tuple(one.address for one in recipients.without({"a@x", "b@x"})) == without
    assert recipients.instead({"a@x", "b@x"}) == instead


def test_who_does_not_get_it_is_not_added():
    recipients = Recipients((TAGGED, B))
    assert [one.address for one in recipients.without({"b@x"})] == ["t=a@x"]
    assert recipients.instead({"b@x"}) == ()
    assert [one.address for one in recipients.without({"a@x"})] == ["t=a@x", "b@x"]
    assert recipients.instead({"a@x"}) == (TAGGED,)
