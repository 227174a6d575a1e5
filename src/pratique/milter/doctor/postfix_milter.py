"""Compare Postfix's settings for milters with ours (docs/postfix.md, "As a milter").

Postfix decides what becomes of mail while we do not answer, and after how long.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from pratique.milter.config import Settings
from pratique.milter.doctor import places
from pratique.milter.doctor.line import Line, ok, unseen, warning, wrong
from pratique.milter.doctor.postfix_conf import Postfix, Service, seconds_of, words_of
from pratique.milter.sections.milter import MilterListener

# Time that Postfix and we lose in between, on a host under load.
RESERVE = 10.0
# With less, a restart or a busy second is mistaken for our death.
LEAST_SECONDS = 5.0
# SMFIR_QUARANTINE, and the macros that we ask for (SMFIP_SETSYMLIST), need this version.
PROTOCOL = 6

_ACTIONS = {
    "accept": "while we are away mail passes that nobody looked at",
    "reject": "while we are away mail is refused for good (5yz), and its author gives up",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A service of Postfix that asks a milter."""

    service: Service
    setting: str
    written: str
    # What its braces contain, for this milter alone.
    own: dict[str, str] = field(default_factory=dict)


def asked_by(postfix: Postfix) -> Iterator[Asked]:
    """Yield each milter that Postfix names, for each service that asks it."""
    for program, setting in (("smtpd", "smtpd_milters"), ("cleanup", "non_smtpd_milters")):
        for service in postfix.running(program):
            for word in words_of(postfix.of(service, setting)):
                written, *options = (each.strip() for each in word.strip("{}").split(","))
                pairs = (each.partition("=") for each in options)
                own = {name.strip(): value.strip() for name, _, value in pairs}
                yield Asked(service, setting, written, own)


def is_of(asked: Asked, milter: MilterListener, postfix: Postfix) -> bool:
    """Whether it is this milter of ours."""
    chrooted = asked.service.is_chrooted
    where = places.theirs(asked.written, postfix.queue, is_chrooted=chrooted)
    return places.same(where, places.ours(milter.socket))


def milters(postfix: Postfix, settings: Settings) -> Iterator[Line]:
    """Yield all lines about our milters, each once."""
    asked = list(asked_by(postfix))
    said = (line for milter in settings.milter for line in _of(milter, asked, postfix, settings))
    yield from dict.fromkeys(said)


def _of(
    milter: MilterListener, asked: list[Asked], postfix: Postfix, settings: Settings
) -> Iterator[Line]:
    mine = [each for each in asked if is_of(each, milter, postfix)]
    if not mine:
        yield _unasked(milter, asked, postfix)
        return
    for setting in sorted({each.setting for each in mine}):
        yield ok(f"{setting} names the milter {milter.name}, {milter.socket}")
    for each in mine:
        yield from _told(milter, each)
        yield from _away(each, postfix)
        yield from _waits(each, postfix, settings)
        yield from _turned_off(each, postfix)
        yield from _size(each, milter, postfix)
    if any(each.setting == "smtpd_milters" for each in mine):
        yield from _unasked_services(mine, postfix)
    if milter.socket.startswith("inet:"):
        yield warning(
            f"the milter {milter.name} is asked by TCP, a hundred times slower than it could be",
            "a unix socket in the queue folder: docs/postfix.md, 'Not over TCP'",
        )


def _unasked(milter: MilterListener, asked: list[Asked], postfix: Postfix) -> Line:
    name = f"no service of Postfix asks the milter {milter.name}, {milter.socket}"
    if milter.socket.startswith("inet:"):
        return unseen(name, "it may be asked by a Postfix on another host")
    path, queue = milter.socket.removeprefix("unix:"), f"{postfix.queue}/"
    for each in asked:
        if each.service.is_chrooted and each.written == milter.socket:
            return wrong(
                f"{name}: {each.service.program} is chrooted, and looks for it at {queue}"
                f"{path.lstrip('/')}",
                f"let it listen below {queue}, as in docs/postfix.md, 'Where the socket lies'",
            )
    written = path.removeprefix(queue)
    setting = "non_smtpd_milters" if milter.reply == "queue" else "smtpd_milters"
    return wrong(f"{name}: mail passes it by", f"main.cf: {setting} = unix:{written}")


def _told(milter: MilterListener, asked: Asked) -> Iterator[Line]:
    if asked.setting == "non_smtpd_milters" and milter.reply == "sender":
        yield wrong(
            f"non_smtpd_milters names the milter {milter.name}, whose reply is 'sender': what it "
            "refuses Postfix bounces, to whoever the reverse-path names",
            "a [[milter]] of its own for it, with reply = 'queue'",
        )
    if asked.setting == "smtpd_milters" and milter.reply == "queue":
        yield warning(
            f"smtpd_milters names the milter {milter.name}, whose reply is 'queue': what could be "
            "refused is held instead",
            "reply = 'sender' in that [[milter]]",
        )


def _away(asked: Asked, postfix: Postfix) -> Iterator[Line]:
    name = "milter_default_action"
    action = asked.own.get("default_action") or postfix.of(asked.service, name)
    if action in _ACTIONS:
        yield wrong(f"{name} = {action}: {_ACTIONS[action]}", f"main.cf: {name} = tempfail")
    else:
        yield ok(f"{name} = {action}: nothing passes while we are away")


def _waits(asked: Asked, postfix: Postfix, settings: Settings) -> Iterator[Line]:
    deadline = settings.deadline.seconds
    written = _timeout(asked, postfix, "content")
    least = deadline + RESERVE
    what = f"milter_content_timeout = {written}, and deadline.seconds is {deadline:g}"
    do = f"main.cf: milter_content_timeout = {least:.0f}s, or a smaller deadline.seconds"
    if seconds_of(written) <= deadline:
        yield wrong(f"{what}: Postfix gives up before the verdict", do)
    elif seconds_of(written) < least:
        yield warning(f"{what}: that is close", do)
    else:
        yield ok(what)
    for kind in ("connect", "command"):
        written = _timeout(asked, postfix, kind)
        if seconds_of(written) < LEAST_SECONDS:
            yield warning(
                f"milter_{kind}_timeout = {written}: a busy second is taken for our death",
                f"main.cf: milter_{kind}_timeout = 30s",
            )
    protocol = postfix.of(asked.service, "milter_protocol")
    if (asked.own.get("protocol") or protocol) != str(PROTOCOL):
        yield wrong(
            f"milter_protocol = {asked.own.get('protocol') or protocol}: of a client we hear too "
            "little, and recipients cannot be told apart",
            f"main.cf: milter_protocol = {PROTOCOL}",
        )


def _timeout(asked: Asked, postfix: Postfix, kind: str) -> str:
    own = asked.own.get(f"{kind}_timeout")
    return own or postfix.of(asked.service, f"milter_{kind}_timeout")


def _turned_off(asked: Asked, postfix: Postfix) -> Iterator[Line]:
    options = words_of(postfix.of(asked.service, "receive_override_options"))
    if asked.setting == "smtpd_milters" and "no_milters" in options:
        yield wrong(
            f"the service {asked.service.name} has receive_override_options = no_milters: it asks "
            "nobody",
            "take no_milters away there",
        )
    if asked.setting == "smtpd_milters" and postfix.of(asked.service, "smtpd_milter_maps"):
        yield unseen("which clients are shown to us", "smtpd_milter_maps decides it in a table")


def _size(asked: Asked, milter: MilterListener, postfix: Postfix) -> Iterator[Line]:
    most = int(postfix.of(asked.service, "message_size_limit"))
    if not most or most > milter.max_size:
        yield warning(
            f"message_size_limit = {most}, and the milter {milter.name} looks into "
            f"{milter.max_size} octets at most: what is larger counts as not seen",
            f"main.cf: message_size_limit = {milter.max_size}, or a larger max_size",
        )


def _unasked_services(mine: list[Asked], postfix: Postfix) -> Iterator[Line]:
    asking = {each.service for each in mine if each.setting == "smtpd_milters"}
    for service in postfix.running("smtpd"):
        address = service.address
        if service in asking or address is None or places.is_here(address[0]):
            continue
        yield warning(
            f"mail that comes to the service {service.name} of Postfix is not shown to us",
            f"take `-o smtpd_milters=` away from {service.name} in master.cf, if it should be",
        )
    if not any(each.setting == "non_smtpd_milters" for each in asked_by(postfix)):
        yield warning(
            "mail of this host's own programs is not shown to us",
            "a second [[milter]] for non_smtpd_milters: docs/postfix.md, 'As a milter'",
        )
