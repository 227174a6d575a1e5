"""From settings to the parts of a service: each part is told what the settings say."""

import ipaddress
from pathlib import Path

import pytest

from pratique.milter import assembly
from pratique.milter.config import parse
from pratique.milter.next_hop.maildir import Maildir
from pratique.milter.next_hop.smtp import SmtpNextHop
from pratique.policies.problem import PolicyError

LISTENER = '[[listener]]\nreply = "sender"\n'


def test_a_nursery_is_told_of_rules_budget_and_confinement():
    settings = parse(
        '[yara]\nfolders = ["/etc/rules", "near"]\n[budget]\nparts = 7\n'
        '[workers]\nconfinement = "seccomp"\nmemory = "64MB"\n',
        "x",
    )
    setup = assembly.setup_of(settings)
    assert list(setup.rule_folders) == ["/etc/rules", str(Path("near").absolute())]
    assert (setup.budget.parts, setup.budget.mime_depth) == (7, 100)
    assert (setup.confinement, setup.memory) == ("seccomp", 64 * 1024**2)


def test_a_nursery_is_told_the_passwords_in_their_order():
    settings = parse('[passwords]\nlist = ["second-hand", "abc"]\n', "x")
    assert list(assembly.setup_of(settings).passwords) == ["second-hand", "abc"]
    assert list(assembly.setup_of(parse("", "x")).passwords) == []


def test_workers_are_told_how_many_and_how_long():
    settings = parse('[workers]\ncount = 3\nseconds = "9s"\nretire_after = 5\n', "x")
    told = assembly.worker_settings(settings)
    assert (told.count, told.seconds, told.retire_after) == (3, 9.0, 5)


def test_a_door_is_told_all_of_its_listener():
    settings = parse(
        LISTENER + 'name = "mx"\naddress = "[::1]:2525"\nhostname = "mx.example.org"\n'
        'domains = ["example.org"]\nrelay_from = ["10.0.0.0/8"]\nxforward_from = ["127.0.0.1"]\n'
        'bare_line_ends = "repair"\nmax_size = "1MB"\nmax_recipients = 200\nmax_connections = 9\n',
        "x",
    )
    door = assembly.door_settings(settings.listener[0])
    assert (door.name, door.hostname, door.host, door.port) == ("mx", "mx.example.org", "::1", 2525)
    assert (door.domains, door.bare_line_ends) == (("example.org",), "repair")
    assert door.relay_from == (ipaddress.ip_network("10.0.0.0/8"),)
    assert door.xforward_from == (ipaddress.ip_network("127.0.0.1"),)
    assert (door.max_size, door.max_recipients, door.max_connections) == (1024**2, 200, 9)


def test_a_door_behind_a_queue_repairs_what_it_may_not_refuse():
    listener = '[[listener]]\nreply = "queue"\nrelay_from = ["127.0.0.0/8"]\n'
    door = assembly.door_settings(parse(listener, "x").listener[0])
    assert (door.reply, door.bare_line_ends) == ("queue", "repair")
    assert assembly.door_settings(parse(LISTENER, "x").listener[0]).reply == "sender"


def test_a_host_that_only_knows_itself_as_localhost_greets_with_its_own_name():
    door = assembly.door_settings(parse(LISTENER, "x").listener[0])
    assert door.hostname
    assert not door.hostname.startswith("localhost")


def test_the_embedded_next_hop_is_a_maildir():
    assert isinstance(assembly.next_hop_of(parse("", "x")), Maildir)


async def test_a_mail_server_as_next_hop_is_spoken_to_by_smtp():
    text = '[next_hop]\nkind = "smtp"\naddress = "127.0.0.1:26"\n'
    assert isinstance(assembly.next_hop_of(parse(text, "x")), SmtpNextHop)


async def test_release_is_off_until_the_settings_say_where_to():
    assert assembly.release_hop_of(parse("", "x")) is None
    told = assembly.release_hop_of(parse('[release]\nnext_hop = "127.0.0.1:26"\n', "x"))
    assert isinstance(told, SmtpNextHop)


def test_the_shipped_policy_is_sound():
    assert assembly.policy_of("default").hash


def test_a_policy_with_a_doubt_does_not_start_a_service(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('[[rule]]\nname = "all"\nactions = ["accept"]\n')
    with pytest.raises(PolicyError, match="decided by no rule"):
        assembly.policy_of(str(file))


async def test_outside_programs_are_told_what_a_part_and_a_message_may_become():
    settings = parse(
        '[programs]\nuse = []\nseconds = 5\noctets = "1MB"\n[budget]\noctets = "2MB"\nparts = 7\n',
        "x",
    )
    told = assembly.programs_of(settings)._settings
    assert (told.use, told.seconds, told.octets) == ((), 5.0, 1024**2)
    assert (told.octets_in_all, told.files) == (2 * 1024**2, 7)
