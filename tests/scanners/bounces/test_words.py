"""Words of bounces, and words of people about parcels, meetings and bounces."""

import time

import pytest

from pratique.scanners.bounces.words import is_of_bounce, speaks_of_absence, speaks_of_bounce


@pytest.mark.parametrize(
    "subject",
    [
        "Undelivered Mail Returned to Sender",
        "Delivery Status Notification (Failure)",
        "Delivery Status Notification (Mail Delivery Delayed)",
        "Mail delivery failed: returning message to sender",
        "Mail delivery failed",
        "mail failed, returning to sender",
        "Mail failure - malformed recipient address",
        "Returned mail: see transcript for details",
        "failure notice",
        "FAILURE NOTICE : Hello",
        "failure delivery",
        "Undeliverable: Minutes",
        "Undeliverable mail, MTA-BLOCKED",
        "Undeliverable message",
        "Undeliverable",
        "DELIVERY FAILURE: User ann (ann@example.org) not listed",
        "Delivery failure",
        "Delivery Notification: Delivery has failed",
        "Mail System Error - Returned Mail",
        "Message could not be delivered",
        "Mail could not be delivered",
        "Your message to ann@example.org couldn't be delivered",
        "Sorry, your message could not be delivered",
        "Warning: could not send message for past 4 hours",
        "Warning: message 1abcde-00-22 delayed 24 hours",
        'WARNING: message delayed at "relay.example"',
        "Delayed Mail (still being retried)",
        "Postmaster notify: see transcript for details",
        "Permanent Delivery Failure",
        "Non-delivery report",
        "Nondeliverable mail",
        "Mail Transaction Failed",
        "Unable to deliver your message",
        "Message status - undeliverable",
        "**Message you sent blocked by our bulk email filter**",
        "  Mail   Delivery \t Subsystem",
        "Unzustellbar: Protokoll",
        "Nicht zustellbar: Protokoll",
        "Non remis : Votre commande",
        "Échec de remise : Votre commande",
        "Non recapitabile: verbale",
        "No se puede entregar: acta",
        "Não é possível entregar: ata",
        "Onbestelbaar: notulen",
        "Niedostarczone: protokół",
        "Ваше сообщение не доставлено. Mail failure.",
        "Недоставленное сообщение",
        "配信不能: 議事録",
        "メッセージを配信できません。",
        "系统退信",
    ],
)
def test_servers_are_understood(subject):
    assert speaks_of_bounce(subject)


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "hello",
        "Re: Undelivered Mail Returned to Sender",
        "Fwd: Delivery Status Notification (Failure)",
        "AW: Unzustellbar: Protokoll",
        "Undelivered parcel at our depot",
        "Undeliverable parcels: the list of March",
        "Delivery notification: your parcel comes today",
        "Delivery report of March",
        "Delivery delayed by snow",
        "Delivery failed for your order 12345",
        "Message from the board",
        "Mail for Ann",
        "Mail problem, logs attached",
        "Email bounced, here it is again",
        "Email not working",
        "Messages could be shorter",
        "Your message was not clear to me",
        "Your e-mail has not been verified",
        "Returned goods",
        "Problem sending email - see attached log",
        "Weekly report: delivery failures and how to read them",
        "Status of the mail delivery system",
        "Failure modes of pumps",
        "Warning: storm",
        "Mail server maintenance",
    ],
)
def test_people_are_left_alone(subject):
    assert not speaks_of_bounce(subject)


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Minutes",
        "Auto reply: Minutes",
        "AutoRespons :Minutes",
        "Auto: Re: Quotation",
        "Out of Office: Minutes",
        "Out of the office",
        "Abwesenheitsnotiz: Protokoll",
        "Automatische Antwort: Protokoll",
        "自動返信: 議事録",
    ],
)
def test_absence_is_understood(subject):
    assert speaks_of_absence(subject)
    assert not speaks_of_bounce(subject)


@pytest.mark.parametrize(
    "subject", ["", "Re: automatic reply", "Automatic doors", "Auto parts", "Vacation in May"]
)
def test_other_subjects_speak_of_no_absence(subject):
    assert not speaks_of_absence(subject)


@pytest.mark.parametrize(
    "subject",
    [
        "Failure notice for server db1",
        "Failed delivery attempt DHL",
        "Failed mail merge list",
        "Mail delivery system upgrade",
        "Undelivered message list",
        "Undelivered mail - how?",
        "Returned mail order 1234",
        "Bounced: list of addresses",
        "Non-delivery report procedure",
        "Email delivery report November",
        "Unzustellbare Pakete",
        "エラーメール対応",
        "退信 说明",
    ],
)
def test_words_that_go_on_as_people_do_need_another_sign(subject):
    assert speaks_of_bounce(subject)
    assert not is_of_bounce(subject)


@pytest.mark.parametrize(
    "subject",
    [
        "Undelivered Mail Returned to Sender",
        "Delivery Status Notification (Failure)",
        "Mail delivery failed: returning message to sender",
        "Returned mail: see transcript for details",
        "failure notice",
        "Undeliverable: Minutes",
        "Mail Transaction Failed",
        "Mail Delivery System",
        "Warning: could not send message for past 4 hours",
        "Delivery Notification: Delivery has failed",
        "Unzustellbar: Protokoll",
        "メールエラー通知",
        "系统退信",
    ],
)
def test_the_words_of_servers_are_enough_by_themselves(subject):
    assert is_of_bounce(subject)


@pytest.mark.parametrize(
    "subject",
    [
        "Mail nicht angekommen",
        "Nachricht nicht verstanden",
        "mensagem não lida",
        "Temporary error in build",
        "Permanent failure of disk",
    ],
)
def test_words_that_are_no_words_of_mail_count_for_nothing(subject):
    assert not speaks_of_bounce(subject)


@pytest.mark.parametrize(
    "subject",
    [
        "your mail " * 100_000,
        "warning: message " + "x " * 500_000,
        "mail to " * 100_000,
        "could not deliver " * 100_000,
        "delivery failed " + "to " * 300_000,
        "[a]" * 300_000,
        "(<[" * 300_000,
        "\u200b" * 1_000_000,
        " " * 1_000_000,
    ],
)
def test_a_long_subject_costs_no_time(subject):
    begun = time.process_time()
    speaks_of_bounce(subject)
    is_of_bounce(subject)
    speaks_of_absence(subject)
    assert time.process_time() - begun < 0.1
