"""Turn settings into the parts of a running service: one function for each part."""

import ipaddress
import socket

from pratique.milter import policy_file, rewriting
from pratique.milter.actions import HeardBy
from pratique.milter.config import Settings
from pratique.milter.config_types import split_address
from pratique.milter.doors.milter_settings import MilterSettings
from pratique.milter.doors.settings import DoorSettings, Networks
from pratique.milter.next_hop import NextHop
from pratique.milter.next_hop.maildir import Maildir
from pratique.milter.next_hop.smtp import SmtpNextHop
from pratique.milter.policy_file import PolicyFile
from pratique.milter.programs.programs import Programs, ProgramSettings
from pratique.milter.sections.listener import Listener
from pratique.milter.sections.milter import MilterListener
from pratique.milter.sections.seeing import WorkersSection
from pratique.milter.workers import WorkerSettings
from pratique.policies.check import check
from pratique.policies.policy import Policy
from pratique.policies.problem import PolicyError
from pratique.scanners.wall_pb2 import Budget, Setup

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
    )


def policy_text_of(name: str) -> PolicyFile:
    """The policy of a file, or a shipped one, if nothing is wrong with it.

    Raises NoPolicy or PolicyError.  A service that starts with a doubtful policy lets
    mail through that its admin meant to stop.  Only that a rule has no test of its own
    is left to `policy check`: it makes no verdict wrong.
    """
    found = policy_file.find(name)
    problems = check(found.text, found.name, demand_tests=False)
    if problems:
        raise PolicyError(problems)
    return found


def policy_of(name: str) -> Policy:
    """That policy, loaded."""
    found = policy_text_of(name)
    return Policy.load(found.text, found.name)


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


def door_settings(listener: Listener) -> DoorSettings:
    """What an SMTP door is told."""
    host, port = split_address(listener.address)
    return DoorSettings(
        name=listener.name,
        hostname=listener.hostname or own_name(),
        host=host,
        port=port,
        domains=listener.domains,
        relay_from=networks(listener.relay_networks),
        xforward_from=networks(listener.xforward_from),
        reply=heard_by(listener),
        bare_line_ends="repair" if listener.repairs_line_ends else "refuse",
        max_size=listener.max_size,
        max_recipients=listener.max_recipients,
        max_connections=listener.max_connections,
    )


def milter_settings(section: MilterListener, workers: WorkersSection) -> MilterSettings:
    """What a milter is told."""
    return MilterSettings(
        name=section.name,
        socket=section.socket,
        reply=heard_by(section),
        socket_mode=int(section.socket_mode, 8),
        socket_group=section.socket_group,
        max_size=section.max_size,
        max_connections=section.max_connections,
        # Two looks, a change with its own look, and what comes after.  To give up before would
        # be 4yz for a message that is then held, again and again.
        seconds=2 * workers.seconds + rewriting.SECONDS + ACT_SECONDS,
    )


def heard_by(section: Listener | MilterListener) -> HeardBy:
    """Who hears its reply."""
    # One that does not say is refused when the configuration is read.
    assert section.reply is not None
    return section.reply


def next_hop_of(settings: Settings) -> NextHop:
    """Where accepted mail goes."""
    section = settings.next_hop
    if section.kind == "smtp" and section.address is not None:
        return smtp_hop(section.address)
    return Maildir(section.folder or settings.state / "maildir")


def release_hop_of(settings: Settings) -> NextHop | None:
    """Where released mail goes; None: nothing can be released."""
    address = settings.release.next_hop
    return smtp_hop(address) if address is not None else None


def smtp_hop(address: str) -> SmtpNextHop:
    """A mail server at "host:port"."""
    return SmtpNextHop(*split_address(address), own_name())


def own_name() -> str:
    """The name that this host goes by; `localhost` would tell nobody anything."""
    full = socket.getfqdn()
    return full if not full.startswith("localhost") else socket.gethostname()


def networks(written: tuple[str, ...]) -> Networks:
    """Networks as the doors compare with."""
    return tuple(ipaddress.ip_network(one) for one in written)
