"""What may be set for who mail comes from."""

import pytest
from pydantic import ValidationError

from pratique.milter.sections.authentication import AuthenticationSection

TRUSTED = {"trusted_authserv_ids": ["Front.example"], "trusted_networks": ["192.0.2.0/24"]}


def section(**stated):
    return AuthenticationSection.model_validate(stated)


def test_all_is_asked_and_nobody_believed_unless_it_is_said():
    made = section()
    assert (made.ask, made.authserv_id, made.spf_authenticates) == (True, None, False)
    assert (made.trusted_authserv_ids, made.trusted_networks, made.trusted_listeners) == ((),) * 3


@pytest.mark.parametrize(
    "where", [{"trusted_networks": ["192.0.2.1", "2001:db8::/32"]}, {"trusted_listeners": ["in"]}]
)
def test_servers_in_front_are_named_with_where_they_speak(where):
    made = section(trusted_authserv_ids=["Front.example"], authserv_id="us.example", **where)
    assert made.trusted_authserv_ids == ("front.example",)


def test_our_servers_may_be_named_for_spf_alone():
    assert section(trusted_networks=["10.0.0.0/8"]).trusted_networks == ("10.0.0.0/8",)


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"trusted_authserv_ids": ["front.example"]}, "anybody may write"),
        ({"trusted_networks": ["0.0.0.0/0"]}, "half the world"),
        ({"trusted_networks": ["128.0.0.0/7"]}, "half the world"),
        ({"trusted_networks": ["2000::/15"]}, "half the world"),
        ({"trusted_networks": ["192.0.2.1/24"]}, "no network"),
        ({"authserv_id": "front.example"} | TRUSTED, "our own name"),
        ({"authserv_id": ".example"}, "dot in front"),
        ({"authserv_id": "a b"}, "no domain"),
        ({"ask": False}, "nobody is believed"),
        ({"ask": "yes"}, "valid boolean"),
        ({"asks": True}, "not permitted"),
    ],
)
def test_a_mistake_is_told(stated, told):
    with pytest.raises(ValidationError, match=told):
        section(**stated)


def test_nothing_need_be_asked_where_somebody_is_believed():
    assert section(ask=False, **TRUSTED).ask is False
