"""Turn settings into the parts of a running service: one function for each part."""

import ipaddress
import json
import socket

from pratique.milter import can_do, policy_file
from pratique.milter.actions import HeardBy
from pratique.milter.config import Settings
from pratique.milter.config_types import split_address
from pratique.milter.doors.milter.settings import MilterSettings
from pratique.milter.doors.networks import Networks
from pratique.milter.doors.room import MAX_IN_FLIGHT
from pratique.milter.doors.smtp.ending import Fault
from pratique.milter.doors.smtp.settings import DoorSettings
from pratique.milter.next_hop import NextHop
from pratique.milter.next_hop.failover import Failover
from pratique.milter.next_hop.maildir import Maildir
from pratique.milter.next_hop.pool import Limits
from pratique.milter.next_hop.routes import Routes
from pratique.milter.next_hop.smtp import SmtpNextHop, Way
from pratique.milter.policy_file import PolicyFile
from pratique.milter.programs.programs import Programs, ProgramSettings
from pratique.milter.sections.engines import DeadlineSection
from pratique.milter.sections.listener import Listener
from pratique.milter.sections.milter import MilterListener
from pratique.milter.sections.next_hop import NextHopSection, ServersSection, servers_of, tls_of
from pratique.milter.sections.scanners import ScannerSection
from pratique.milter.wall.workers import WorkerSettings
from pratique.policies.check import look
from pratique.policies.policy import Policy
from pratique.policies.written.problem import PolicyError, Problem
from pratique.scanners.wall_pb2 import Budget, OwnScanner, Person, Setup

# To hold a message or to hand it on, once it is decided; a disk under load needs seconds.
ACT_SECONDS = 20.0


def setup_of(settings: Settings) -> Setup:
    """What the nursery is told."""
    return Setup(
        rule_folders=[str(folder.absolute()) for folder in settings.yara.folders],
        budget=Budget(**settings.budget.model_dump()),
        confinement=settings.workers.confinement,
        memory=settings.workers.memory,
        passwords=settings.passwords.list,
        own_scanners=[own_scanner(section) for section in settings.scanner],
        own_domains=settings.own_domains,
        lists=[str(section.file(settings.state)) for section in settings.hash_list],
        families=str(settings.families.file.absolute()) if settings.families.file else "",
        shorteners=settings.links.shorteners,
        people=[
            Person(name=name, addresses=addresses)
            for name, addresses in settings.senders.people.items()
        ],
        rule_cache=str((settings.state / "rules-cache").absolute()) if settings.yara.cache else "",
    )


def own_scanner(section: ScannerSection) -> OwnScanner:
    """What the nursery is told of one."""
    return OwnScanner(
        name=section.name or "",
        path=str(section.path.absolute()) if section.path is not None else "",
        distribution=section.package or "",
        # Of what TOML has, JSON has no dates: they come as text (ISO 8601).
        settings=json.dumps(section.settings, default=str),
        places=section.places,
    )


def policy_text_of(name: str, settings: Settings | None = None) -> PolicyFile:
    """The policy of a file, or a shipped one, if nothing is wrong with it.

    With settings: if they can do what it orders, too (can_do.py).

    Raises NoPolicy or PolicyError.
    """
    return looked_at(name, settings)[0]


def looked_at(name: str, settings: Settings | None = None) -> tuple[PolicyFile, list[Problem]]:
    """That policy, and what in it makes no verdict wrong.

    Raises NoPolicy or PolicyError.  A service that starts with a doubtful policy lets
    mail through that its admin meant to stop.  A missing test, a rule that is never reached
    or a list that nobody asks is none: who comes to know more of policies must not stop a
    company's mail by it.
    """
    found = policy_file.find(name)
    problems, idle = look(found.text, found.name, found.beside)
    if not problems and settings is not None:
        problems = [each for each in can_do.check(found, settings) if each.severity == "error"]
    if problems:
        raise PolicyError(problems)
    return found, idle


def policy_of(name: str, settings: Settings | None = None) -> Policy:
    """That policy, loaded."""
    found = policy_text_of(name, settings)
    return Policy.load(found.text, found.name, found.beside)


def worker_settings(settings: Settings) -> WorkerSettings:
    """How many workers, for how long."""
    workers = settings.workers
    return WorkerSettings(
        workers.count, workers.seconds, workers.retire_after, settings.budget.parts
    )


def programs_of(settings: Settings) -> Programs:
    """The outside programs, before they are started."""
    programs, budget = settings.programs, settings.budget
    return Programs(
        ProgramSettings(
            use=programs.use,
            seconds=programs.seconds,
            octets=programs.octets,
            octets_in_all=budget.octets,
            files=budget.parts,
        )
    )


def door_settings(
    listener: Listener, workers: int = 2, processes: int = 1, own_networks: Networks = ()
) -> DoorSettings:
    """What one of several processes of an SMTP door is told."""
    place = listener.address
    host, port = (place, 0) if place.startswith("unix:") else split_address(place)
    return DoorSettings(
        name=listener.name,
        hostname=listener.hostname or own_name(),
        host=host,
        port=port,
        direction=listener.direction,
        own_networks=own_networks,
        domains=listener.domains,
        relay_from=networks(listener.relay_networks),
        xforward_from=networks(listener.xforward_from),
        xclient_from=networks(listener.xclient_from),
        lmtp=listener.protocol == "lmtp",
        reply=heard_by(listener),
        bare_line_ends="repair" if listener.repairs_line_ends else "refuse",
        max_size=listener.max_size,
        unwanted_forms=unwanted_forms(listener),
        max_recipients=listener.max_recipients,
        max_command=listener.max_command,
        max_idle_commands=listener.max_idle_commands,
        max_refused=listener.max_refused,
        max_errors=listener.max_errors,
        max_messages=listener.max_messages,
        max_connections=share(listener.max_connections, processes),
        max_connections_per_client=share(listener.max_connections_per_client, processes),
        max_in_flight=share(MAX_IN_FLIGHT, processes),
        # Half of them, and one if there is one.
        turns_per_client=max(1, workers // 2),
        tls=listener.tls,
        tls_certificate=listener.tls_certificate,
        tls_key=listener.tls_key,
        proxy_protocol_from=networks(listener.proxy_protocol_from),
    )


def unwanted_forms(listener: Listener) -> frozenset[Fault]:
    """Forms of content that it does not take."""
    wishes = {
        Fault.LONG_LINE: listener.long_lines,
        Fault.EIGHT_BIT_HEADER: listener.eight_bit_header,
        Fault.NUL: listener.nul,
    }
    return frozenset(form for form, wish in wishes.items() if wish == "refuse")


def milter_settings(
    section: MilterListener,
    deadline: DeadlineSection,
    processes: int = 1,
    own_networks: Networks = (),
) -> MilterSettings:
    """What a milter is told."""
    return MilterSettings(
        name=section.name,
        socket=section.socket,
        reply=heard_by(section),
        direction=section.direction,
        own_networks=own_networks,
        max_size=section.max_size,
        max_connections=share(section.max_connections, processes),
        max_in_flight=share(MAX_IN_FLIGHT, processes),
        # All of its time, and more for acting.  To give up before would be 4yz for a message
        # that is then held, again and again.
        seconds=deadline.seconds + ACT_SECONDS,
    )


def share(whole: int, processes: int) -> int:
    """What each of several processes may have of it."""
    return -(-whole // processes)


def heard_by(section: Listener | MilterListener) -> HeardBy:
    """Who hears the reply of a listener."""
    # One that does not say is refused when the configuration is read.
    assert section.reply is not None
    return section.reply


def next_hop_of(settings: Settings) -> NextHop:
    """Where accepted mail goes."""
    section = settings.next_hop
    if section.kind == "maildir":
        rest: NextHop = Maildir(section.folder or settings.state / "maildir")
    else:
        rest = servers_hop(section, section.kind)
    routes: dict[str, NextHop] = {}
    for route in section.route:
        routes |= dict.fromkeys(route.domains, servers_hop(route, route.kind))
    return Routes(routes, rest) if routes else rest


def servers_hop(section: ServersSection, kind: str) -> NextHop:
    """The mail servers of one section."""
    hops = []
    for server in servers_of(section):
        way = Way(
            lmtp=kind == "lmtp",
            tls=tls_of(section, server),
            limits=Limits(connections=section.max_connections),
        )
        local = server.startswith("unix:")
        host, port = (server.removeprefix("unix:"), 0) if local else split_address(server)
        hops.append(SmtpNextHop(host, port, own_name(), way))
    return hops[0] if len(hops) == 1 else Failover(hops)


def release_hop_of(settings: Settings) -> NextHop | None:
    """Where released mail goes; None: nothing can be released."""
    address = settings.release.next_hop
    if address is None:
        return None
    return servers_hop(NextHopSection(kind="smtp", address=address), "smtp")


def notices_hop_of(settings: Settings) -> NextHop | None:
    """Where notices go; None: where accepted mail goes."""
    address = settings.notices.next_hop
    if address is None:
        return None
    return servers_hop(NextHopSection(kind="smtp", address=address), "smtp")


def own_name() -> str:
    """The name that this host goes by; `localhost` would tell nobody anything."""
    full = socket.getfqdn()
    return full if not full.startswith("localhost") else socket.gethostname()


def networks(written: tuple[str, ...]) -> Networks:
    """Networks as the doors compare with."""
    return tuple(ipaddress.ip_network(one) for one in written)
