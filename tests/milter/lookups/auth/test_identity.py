"""Whom a message is proved to come from: nothing that can be forged is in the name."""

import pytest

from pratique.milter.lookups.auth.dkim import Checked
from pratique.milter.lookups.auth.dmarc import Judged
from pratique.milter.lookups.auth.dmarc_record import Policy
from pratique.milter.lookups.auth.identity import Shown, authenticated_as
from pratique.milter.lookups.auth.spf import Answer
from pratique.scanners import facts_pb2 as facts

OWN, ABOVE, OTHER = "a.example.com", "example.com", "b.example"
ADDRESS = f"ann@{OWN}"
PASS = Judged("pass", Policy(ABOVE, "reject", "reject"))
STRICT = Judged("pass", Policy(ABOVE, "reject", "reject", strict_dkim=True, strict_spf=True))
NONE, FAIL = Judged("none"), Judged("fail", PASS.policy)
BY_NAME = Answer("pass", OWN, named=True)


def mail(*addresses, anomalies=()):
    made = facts.Mail(header_anomalies=anomalies)
    for address in addresses or [ADDRESS]:
        made.header.from_.add(address=address, domain=address.rpartition("@")[2])
    return made


def shown(*dkim, dmarc=PASS, spf=None, by_spf=False):
    return Shown(spf, dkim, dmarc, by_spf)


@pytest.mark.parametrize(
    ("proof", "proved"),
    [
        (shown(Checked(OWN, "pass")), True),
        (shown(Checked(OWN, "pass"), dmarc=NONE), True),
        (shown(Checked(OTHER, "pass"), Checked(OWN, "pass"), dmarc=NONE), True),
        (shown(Checked(ABOVE, "pass")), True),
        (shown(Checked(ABOVE, "pass"), dmarc=STRICT), False),
        (shown(Checked(ABOVE, "pass"), dmarc=NONE), False),
        (shown(Checked(ABOVE, "pass"), dmarc=Judged("temperror")), False),
        (shown(Checked(OTHER, "pass")), False),
        (shown(Checked(OWN, "pass", testing=True)), False),
        (shown(Checked(OWN, "policy")), False),
        (shown(Checked(OWN, "fail"), dmarc=FAIL), False),
        (shown(), False),
        (shown(spf=BY_NAME), False),
        (shown(spf=BY_NAME, by_spf=True), True),
        (shown(spf=Answer("pass", ABOVE, named=True), by_spf=True), True),
        (shown(spf=Answer("pass", ABOVE, named=True), by_spf=True, dmarc=STRICT), False),
        (shown(spf=Answer("pass", OWN), by_spf=True), False),
        (shown(spf=BY_NAME, by_spf=True, dmarc=NONE), False),
        (shown(spf=Answer("neutral", OWN, named=True), by_spf=True), False),
        (shown(spf=Answer("pass", OTHER, named=True), by_spf=True), False),
        (shown(spf=BY_NAME, by_spf=True, dmarc=Judged("pass")), False),
    ],
)
def test_who_owns_the_domain_of_from_has_signed_it(proof, proved):
    assert authenticated_as(mail(), proof) == (ADDRESS if proved else "")


ANOMALIES = [one.name for one in facts.HeaderAnomalies.DESCRIPTOR.enum_types[0].values]


@pytest.mark.parametrize("anomaly", ANOMALIES)
def test_a_header_that_two_programs_read_differently_proves_nothing(anomaly):
    harmless = anomaly in {"none", "bad_charset", "eight_bit", "empty_message_id"}
    proof = shown(Checked(OWN, "pass"))
    assert authenticated_as(mail(anomalies=[anomaly]), proof) == (ADDRESS if harmless else "")


@pytest.mark.parametrize(
    "addresses",
    [
        [ADDRESS, ADDRESS],
        [ADDRESS, f"bob@{OTHER}"],
        [f"a b@{OWN}"],
        [f"a\ufffd@{OWN}"],
        [f"a\u202e@{OWN}"],
        [f"<a@{OTHER}> x@{OWN}"],
        [f"a@{OTHER}@{OWN}"],
        [f'"a"@{OTHER}@{OWN}'],
        ["a" * 250 + f"@{OWN}"],
        ["ann@localhost"],
        ["ann"],
    ],
)
def test_an_address_that_could_be_taken_for_another_proves_nothing(addresses):
    assert authenticated_as(mail(*addresses), shown(Checked(OWN, "pass"))) == ""


def test_between_quotes_an_at_sign_is_one_of_many():
    address = f'"a@b"@{OWN}'
    assert authenticated_as(mail(address), shown(Checked(OWN, "pass"))) == address


def test_a_message_without_author_comes_from_nobody():
    assert authenticated_as(facts.Mail(), shown(Checked(OWN, "pass"))) == ""
    said = mail()
    said.header.from_[0].domain = OTHER
    assert authenticated_as(said, shown(Checked(OTHER, "pass"))) == ""
