"""Compare Postfix's settings for content filters with ours: before the queue, and after it.

After a queue a refusal causes a bounce (docs/decisions/10-behind-a-queue.md); before it,
holding what could be refused leaves an author waiting.  So the two ways need different `reply`
settings of the listener; which one it is follows from the setting that names the listener.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pratique.milter.config import Settings
from pratique.milter.config_types import split_address
from pratique.milter.doctor import places
from pratique.milter.doctor.line import Line, ok, warning, wrong
from pratique.milter.doctor.postfix_conf import Postfix, Service, covers, seconds_of, words_of
from pratique.milter.doctor.postfix_milter import RESERVE
from pratique.milter.sections.listener import Listener

# Postfix's default, at which most mail to many recipients is split into several messages.
_FEW_RECIPIENTS = 50
PROXY, QUEUE = "smtpd_proxy_filter", "content_filter"


@dataclass(frozen=True, slots=True)
class Way:
    """Mail that a service accepts goes to one of our listeners."""

    service: Service
    # PROXY or QUEUE.
    setting: str
    listener: Listener
    # What carries it there, after a queue.
    transport: Service | None = None


def ways(postfix: Postfix, settings: Settings) -> Iterator[Way]:
    """Yield each service that names one of our listeners."""
    for service in postfix.services:
        if service.program not in ("smtpd", "pickup", "qmqpd"):
            continue
        if service.program == "smtpd":
            there = places.theirs(postfix.of(service, PROXY), postfix.queue, is_chrooted=False)
            for listener in _at(there, settings):
                yield Way(service, PROXY, listener)
        name, _, rest = postfix.of(service, QUEUE).partition(":")
        transport = postfix.service(name)
        if transport is not None and rest:
            chrooted = transport.is_chrooted
            there = places.theirs(rest, postfix.queue, is_chrooted=chrooted)
            for listener in _at(there, settings):
                yield Way(service, QUEUE, listener, transport)


def _at(there: places.Where | None, settings: Settings) -> Iterator[Listener]:
    for listener in settings.listeners:
        if places.same(there, places.ours(listener.address)):
            yield listener


def filters(postfix: Postfix, settings: Settings) -> Iterator[Line]:
    """Yield all lines about our listeners, each once."""
    yield from dict.fromkeys(
        line for way in ways(postfix, settings) for line in _of(way, postfix, settings)
    )


def _of(way: Way, postfix: Postfix, settings: Settings) -> Iterator[Line]:
    listener = way.listener
    yield ok(f"{way.setting} names the listener {listener.name}, {listener.address}")
    if way.setting == PROXY:
        yield from _before(way, postfix, settings)
    else:
        yield from _after(way, postfix, settings)
    if not _believed(listener, listener.xforward_from):
        yield warning(
            f"the listener {listener.name} believes no XFORWARD of Postfix: each client is unknown",
            "xforward_from = ['127.0.0.1'] in that [[listener]]",
        )
    most = int(postfix.of(way.service, "message_size_limit"))
    if way.setting == PROXY and (not most or most > listener.max_size):
        yield warning(
            f"message_size_limit = {most}, and the listener {listener.name} refuses what is larger "
            f"than {listener.max_size} octets",
            f"main.cf: message_size_limit = {listener.max_size}, or a larger max_size",
        )


def _before(way: Way, postfix: Postfix, settings: Settings) -> Iterator[Line]:
    listener = way.listener
    if listener.reply == "queue":
        yield warning(
            f"the listener {listener.name} has reply = 'queue', and stands before it: what could "
            "be refused is held instead",
            "reply = 'sender' in that [[listener]]",
        )
    few = postfix.of(way.service, "smtpd_recipient_limit")
    if int(few) > listener.max_recipients:
        yield warning(
            f"smtpd_recipient_limit = {few}, and the listener {listener.name} takes "
            f"{listener.max_recipients} recipients of a message: the others hear 452",
            f"main.cf: smtpd_recipient_limit = {listener.max_recipients}, or more max_recipients",
        )
    yield from _waits(
        "smtpd_proxy_timeout", postfix.of(way.service, "smtpd_proxy_timeout"), settings
    )


def _waits(name: str, written: str, settings: Settings) -> Iterator[Line]:
    deadline = settings.deadline.seconds
    what = f"{name} = {written}, and deadline.seconds is {deadline:g}"
    do = f"main.cf: {name} = {deadline + RESERVE:.0f}s, or a smaller deadline.seconds"
    if seconds_of(written) <= deadline:
        yield wrong(f"{what}: Postfix gives up before the verdict", do)
    elif seconds_of(written) < deadline + RESERVE:
        yield warning(f"{what}: that is close", do)
    else:
        yield ok(what)


def _after(way: Way, postfix: Postfix, settings: Settings) -> Iterator[Line]:
    listener, transport = way.listener, way.transport
    assert transport is not None
    if listener.reply == "sender":
        yield wrong(
            f"the listener {listener.name} has reply = 'sender', and stands behind a queue: what "
            "it refuses Postfix bounces, to whoever the reverse-path names",
            "reply = 'queue' in that [[listener]]",
        )
    # One program serves both; it speaks the protocol that its service is named after.
    protocol = transport.program
    if protocol != listener.protocol:
        yield wrong(
            f"the transport {transport.name} speaks {protocol}, the listener {listener.name} "
            f"{listener.protocol}",
            f"protocol = '{protocol}' in that [[listener]]",
        )
    if not _believed(listener, listener.relay_networks):
        yield wrong(
            f"the listener {listener.name} takes no mail of Postfix for anybody: it stays in the "
            "queue, and becomes a bounce in the end",
            "relay_from = ['127.0.0.0/8'] in that [[listener]]",
        )
    yield from _carried(transport, postfix, settings)
    yield from _queued(way, postfix)


def _carried(transport: Service, postfix: Postfix, settings: Settings) -> Iterator[Line]:
    name, protocol = transport.name, transport.program
    done = f"{protocol}_data_done_timeout"
    yield from _waits(done, postfix.of(transport, done), settings)
    if postfix.of(transport, f"{protocol}_send_xforward_command") != "yes":
        yield warning(
            f"the transport {name} does not say who the client is",
            f"master.cf, {name}: -o {protocol}_send_xforward_command=yes",
        )
    if postfix.of(transport, "disable_mime_output_conversion") != "yes":
        yield warning(
            f"the transport {name} may encode mail anew on its way to us, which breaks signatures",
            f"master.cf, {name}: -o disable_mime_output_conversion=yes",
        )
    limit = f"{name}_destination_recipient_limit"
    most = postfix.main.get(limit) or postfix.main.get("default_destination_recipient_limit", "0")
    if most.isdigit() and 0 < int(most) <= _FEW_RECIPIENTS:
        yield warning(
            f"a message to more than {most} recipients comes to us in several, each looked into",
            f"main.cf: {limit} = 1000",
        )
    hands = settings.workers.count * settings.doors.processes
    if not transport.most or transport.most > hands:
        yield warning(
            f"the transport {name} brings {transport.most or 'any number of'} messages at a time, "
            f"and there are {hands} workers: the others wait here instead of in the queue",
            f"master.cf, {name}: {hands} as maxproc (column 7)",
        )


def _queued(way: Way, postfix: Postfix) -> Iterator[Line]:
    if "no_address_mappings" not in words_of(postfix.of(way.service, "receive_override_options")):
        yield warning(
            f"aliases are looked up twice for the service {way.service.name}, before us and behind",
            "main.cf: receive_override_options = no_address_mappings",
        )
    if postfix.of(way.transport, "soft_bounce") == "yes":
        yield warning(
            "soft_bounce = yes: what the smtpd behind refuses for good is tried for days",
            "main.cf: soft_bounce = no; a listener with reply = 'queue' refuses nothing by itself",
        )


def _believed(listener: Listener, networks: tuple[str, ...]) -> bool:
    """Whether these networks include a Postfix on this host."""
    here = "127.0.0.1"
    if not listener.address.startswith("unix:"):
        host = split_address(listener.address)[0]
        here = host if places.is_here(host) and host != "localhost" else here
    return bool(networks) and covers(" ".join(networks), here)
