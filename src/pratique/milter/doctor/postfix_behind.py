"""Check that the smtpd which takes mail back from us lets everything through.

What it refuses behind a queue is held by us, whole; what it shows to us again goes round in
circles.  It is found by its port: the one to which we send mail, accepted or released.
"""

from collections.abc import Iterator

from pratique.milter.config import Settings
from pratique.milter.doctor import places
from pratique.milter.doctor.line import Line, ok, warning, wrong
from pratique.milter.doctor.postfix_conf import Postfix, Service, covers, words_of
from pratique.milter.doctor.postfix_filter import PROXY, QUEUE, Way, ways
from pratique.milter.doctor.postfix_milter import asked_by, is_of
from pratique.milter.sections.next_hop import servers_of

_HERE = "127.0.0.1"
_UNCHECKED = "no_unknown_recipient_checks", "no_header_body_checks"


def behind(postfix: Postfix, settings: Settings) -> Iterator[Line]:
    """Yield all lines about it, each once."""
    found = list(ways(postfix, settings))
    for server in servers_of(settings.next_hop):
        if service := _listening(server, postfix):
            yield ok(f"accepted mail goes to the service {service.name} of Postfix")
            yield from dict.fromkeys(_takes_back(service, found, postfix))
    address = settings.release.next_hop
    if address is not None and (service := _listening(address, postfix)):
        yield from dict.fromkeys(_released(service, found, postfix, settings))


def _listening(server: str, postfix: Postfix) -> Service | None:
    """Return the service that listens there, if it is on this host."""
    there = places.ours(server)
    if not isinstance(there, tuple) or not places.is_here(there[0]):
        return None
    for service in postfix.running("smtpd"):
        if places.same(service.address, there):
            return service
    return None


def _takes_back(service: Service, found: list[Way], postfix: Postfix) -> Iterator[Line]:
    name = service.name
    yield from _circle(service, found)
    if not covers(postfix.of(service, "smtpd_authorized_xforward_hosts"), _HERE):
        yield warning(
            f"the service {name} does not believe us who the client is",
            f"master.cf, {name}: -o smtpd_authorized_xforward_hosts=127.0.0.0/8",
        )
    if not covers(postfix.of(service, "mynetworks"), _HERE):
        yield wrong(
            f"mynetworks of the service {name} does not have us: it relays nothing for us",
            f"master.cf, {name}: -o mynetworks=127.0.0.0/8",
        )
    for way in found:
        if way.service == service:
            continue
        yield from _sizes(service, way, postfix)
        if way.setting == QUEUE:
            yield from _refuses_nothing(service, way, postfix)


def _circle(service: Service, found: list[Way]) -> Iterator[Line]:
    for way in found:
        if way.service == service:
            yield wrong(
                f"the service {service.name} gives what we accepted back to us "
                f"({way.setting}): mail goes round in circles",
                f"master.cf, {service.name}: -o {way.setting}=",
            )


def _sizes(service: Service, way: Way, postfix: Postfix) -> Iterator[Line]:
    name = "message_size_limit"
    here, front = (int(postfix.of(one, name)) for one in (service, way.service))
    if here and (not front or front > here):
        yield wrong(
            f"{name} is {here} at the service {service.name}, and {front or 'none'} in front: what "
            "is larger is taken there, and refused here",
            f"the same {name} for both",
        )


def _refuses_nothing(service: Service, way: Way, postfix: Postfix) -> Iterator[Line]:
    options = words_of(postfix.of(service, "receive_override_options"))
    front = words_of(postfix.of(way.service, "receive_override_options"))
    if "no_address_mappings" in options and "no_address_mappings" in front:
        yield wrong(
            "receive_override_options = no_address_mappings in front and behind: no alias is "
            "looked up anywhere",
            f"master.cf, {service.name}: -o receive_override_options without it",
        )
    wanted = [each for each in _UNCHECKED if each not in options]
    if postfix.of(service, "smtpd_milters") and "no_milters" not in options:
        wanted.append("no_milters")
    if wanted:
        every = ",".join(dict.fromkeys([*options, *wanted]))
        yield warning(
            f"the service {service.name} checks once more what has passed ({', '.join(wanted)} is "
            "missing): what it refuses, we hold",
            f"master.cf, {service.name}: -o receive_override_options={every}",
        )


def _released(
    service: Service, found: list[Way], postfix: Postfix, settings: Settings
) -> Iterator[Line]:
    through = [each.setting for each in found if each.service == service]
    for asked in asked_by(postfix):
        if asked.service == service and "no_milters" not in words_of(
            postfix.of(service, "receive_override_options")
        ):
            through += [asked.setting for one in settings.milter if is_of(asked, one, postfix)]
    for setting in dict.fromkeys(through):
        yield warning(
            f"released mail comes back to us through the service {service.name} ({setting}): what "
            "Postfix adds a field to is held again",
            f"a service for it with `-o {setting}=`, and [release] next_hop there",
        )
    if PROXY not in through and not through:
        yield ok(f"released mail goes to the service {service.name} of Postfix, and not through us")
