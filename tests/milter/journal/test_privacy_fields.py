"""Each text of the facts has its treatment: nobody adds one without deciding."""

import pytest

from pratique.milter.journal.privacy import has_text
from pratique.milter.journal.privacy_fields import FIELDS, Treatment
from pratique.scanners.facts_pb2 import DESCRIPTOR


def texts():
    """Each field of text or octets of each message, maps with either among them."""
    return {
        (message.name, field.name): field
        for message in DESCRIPTOR.message_types_by_name.values()
        for field in message.fields
        if has_text(field)
    }


def test_there_are_texts_of_all_sorts_to_look_at():
    assert {
        ("Mail", "subject"),
        ("Mail", "raw_subject"),
        ("Part", "names"),
        ("Envelope", "macros"),
        ("PartsLeftOut", "by_kind"),
    } <= texts().keys()
    assert ("Mail", "size") not in texts()


def test_every_text_of_the_facts_is_named_with_its_treatment():
    named = {(message, name) for message, fields in FIELDS.items() for name in fields}
    assert texts().keys() - named == set(), "say in privacy_fields.py what becomes of these"
    assert named - texts().keys() == set(), "these are no texts of facts.proto"


@pytest.mark.parametrize("field", texts().values(), ids=lambda field: field.full_name)
def test_octets_are_never_kept_since_they_repeat_what_is_hashed(field):
    if field.type == field.TYPE_BYTES:
        assert FIELDS[field.containing_type.name][field.name] is Treatment.LEAVE_OUT
