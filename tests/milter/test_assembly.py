"""From settings to the parts of a service: each part is told what the settings say."""

import ipaddress
from pathlib import Path

import pytest

from pratique.milter import assembly
from pratique.milter.config import parse
from pratique.milter.doors.smtp.ending import Fault
from pratique.milter.mail import Forward
from pratique.milter.next_hop.failover import Failover
from pratique.milter.next_hop.maildir import Maildir
from pratique.milter.next_hop.smtp import SmtpNextHop
from pratique.policies.written.problem import PolicyError

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


@pytest.mark.parametrize(("cache", "folder"), [("true", "/srv/state/rules-cache"), ("false", "")])
def test_compiled_rules_are_kept_in_the_state_unless_that_is_not_wanted(cache, folder):
    settings = parse(f'state = "/srv/state"\n[yara]\ncache = {cache}\n', "x")
    assert assembly.setup_of(settings).rule_cache == folder


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


def test_a_door_is_told_what_it_speaks_whom_it_believes_and_what_it_bears():
    text = (
        LISTENER + 'protocol = "lmtp"\naddress = "unix:/run/in"\nxclient_from = ["127.0.0.1"]\n'
        'long_lines = "refuse"\nnul = "refuse"\nmax_command = 4096\nmax_idle_commands = 11\n'
        "max_refused = 12\nmax_errors = 13\nmax_messages = 14\n"
    )
    door = assembly.door_settings(parse(text, "x").listener[0])
    assert (door.lmtp, door.host, door.port) == (True, "unix:/run/in", 0)
    assert door.xclient_from == (ipaddress.ip_network("127.0.0.1"),)
    assert door.unwanted_forms == {Fault.LONG_LINE, Fault.NUL}
    limits = (door.max_command, door.max_idle_commands, door.max_refused, door.max_errors)
    assert (*limits, door.max_messages) == (4096, 11, 12, 13, 14)


@pytest.mark.parametrize(
    ("setting", "form"),
    [
        ("long_lines", Fault.LONG_LINE),
        ("eight_bit_header", Fault.EIGHT_BIT_HEADER),
        ("nul", Fault.NUL),
    ],
)
def test_a_form_is_unwanted_where_a_listener_refuses_it(setting, form):
    listener = parse(LISTENER + f'{setting} = "refuse"\n', "x").listener[0]
    assert assembly.unwanted_forms(listener) == {form}
    assert assembly.unwanted_forms(parse(LISTENER, "x").listener[0]) == frozenset()


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


async def test_a_mail_server_is_told_how_it_is_spoken_to():
    text = '[next_hop]\nkind = "lmtp"\naddress = "unix:/run/dovecot/lmtp"\nmax_connections = 7\n'
    hop = assembly.next_hop_of(parse(text, "x"))
    assert (hop.place.host, hop.place.lmtp, hop.place.tls.level) == (
        "/run/dovecot/lmtp",
        True,
        "none",
    )
    assert hop._pool._limits.connections == 7


async def test_several_mail_servers_are_asked_in_their_order():
    text = '[next_hop]\nkind = "smtp"\naddresses = ["mx.example:25", "[::1]:26"]\n'
    hop = assembly.next_hop_of(parse(text, "x"))
    assert isinstance(hop, Failover)
    assert [(str(one.place), one.place.tls.level) for one in hop._hops] == [
        ("mx.example:25", "opportunistic"),
        ("[::1]:26", "none"),
    ]


async def test_routes_have_mail_servers_of_their_own():
    text = (
        '[next_hop]\nkind = "maildir"\n'
        '[[next_hop.route]]\ndomains = ["a.example", ".a.example"]\naddress = "127.0.0.1:26"\n'
        '[[next_hop.route]]\nkind = "lmtp"\ndomains = ["b.example"]\naddress = "127.0.0.1:24"\n'
    )
    hop = assembly.next_hop_of(parse(text, "x"))
    went = [
        hop.hop_for(Forward(f"x@{domain}"))
        for domain in ("a.example", "sub.a.example", "b.example", "c.example")
    ]
    assert went[0] is went[1]
    assert [one.place.lmtp for one in went[1:3]] == [False, True]
    assert isinstance(went[3], Maildir)


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


def test_a_door_is_told_of_tls_its_balancers_and_what_one_client_may_have():
    text = (
        LISTENER + 'tls = "opportunistic"\ntls_certificate = "/etc/a.pem"\ntls_key = "/etc/a.key"\n'
        'proxy_protocol_from = ["192.0.2.1"]\nmax_connections_per_client = 7\n'
    )
    listener = parse(text, "x").listener[0]
    door = assembly.door_settings(listener, 5)
    assert (door.tls, door.tls_certificate, door.tls_key) == (
        "opportunistic",
        Path("/etc/a.pem"),
        Path("/etc/a.key"),
    )
    assert door.proxy_protocol_from == (ipaddress.ip_network("192.0.2.1"),)
    assert (door.max_connections_per_client, door.turns_per_client) == (7, 2)
    assert [assembly.door_settings(listener, workers).turns_per_client for workers in (1, 8)] == [
        1,
        4,
    ]


def test_several_processes_share_what_there_is_in_all():
    listener = parse(LISTENER + "max_connections = 101\n", "x").listener[0]
    alone, one_of_two = (assembly.door_settings(listener, 2, count) for count in (1, 2))
    assert (alone.max_connections, one_of_two.max_connections) == (101, 51)
    assert one_of_two.max_in_flight * 2 == alone.max_in_flight


@pytest.mark.parametrize("written", ["", 'direction = "outbound"\n', 'direction = "inbound"\n'])
def test_a_door_and_a_milter_are_told_whose_mail_goes_out(written):
    ours = (ipaddress.ip_network("10.0.0.0/8"),)
    settings = parse(LISTENER + written + '[[milter]]\nreply = "sender"\n' + written, "x")
    door = assembly.door_settings(settings.listener[0], own_networks=ours)
    milter = assembly.milter_settings(settings.milter[0], settings.deadline, own_networks=ours)
    wanted = written.partition('"')[2].partition('"')[0] or "by_client"
    assert door.direction == milter.direction == wanted
    assert door.own_networks == milter.own_networks == ours
