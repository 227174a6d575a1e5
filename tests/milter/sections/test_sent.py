"""What may be set for mail that we send."""

import pytest
from pydantic import ValidationError

from pratique.milter.sections.sent import BatvSection, SentSection


def section(**stated):
    return SentSection.model_validate(stated)


def test_without_keys_nothing_is_stamped():
    assert SentSection().keys is None
    assert SentSection().batv_of("example.org") is None


def test_a_domain_is_tagged_where_that_is_said():
    batv = [{"domain": "Example.org"}, {"domain": ".example.net", "form": "subaddress"}]
    found = section(keys="/etc/pratique/sent.keys", batv=batv)
    assert found.batv_of("EXAMPLE.ORG").sign == ""
    assert found.batv_of("mail.example.net").sign == "+"
    assert found.batv_of("example.net") is None
    assert found.batv_of("mail.example.org") is None


def test_a_sub_address_may_begin_with_another_sign():
    assert BatvSection(domain="a.example", form="subaddress", delimiter="-").sign == "-"


def test_the_disk_is_shared_by_the_days():
    assert section(keep_days=14, max_size="1600MB").octets_a_day == 100 * 1024 * 1024


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"networks": ["10.0.0.0/8", "0.0.0.0/0"]}, "own clients"),
        ({"networks": ["::/0"]}, "direction = 'outbound'"),
        ({"keep_days": 6}, "7"),
        ({"keep_days": 61}, "60"),
        ({"max_size": "63MB"}, "max_size"),
        ({"batv": [{"domain": "a.example"}]}, "pratique keys new"),
        ({"keys": "k", "batv": [{"domain": "a.example"}] * 2}, "same domain"),
        ({"keys": "k", "batv": [{"domain": "a b"}]}, "no domain"),
        ({"keys": "k", "batv": [{"domain": "a.example", "form": "suffix"}]}, "subaddress"),
        ({"keys": "k", "batv": [{"domain": "a.example", "delimiter": "#"}]}, "delimiter"),
        ({"key": "k"}, "key"),
        ({"complete": True}, "pratique keys new"),
    ],
)
def test_a_mistake_is_told(stated, told):
    with pytest.raises(ValidationError, match=told):
        section(**stated)
