"""Send mail out through Pratique, have real mail servers bounce it, and see what comes back.

Loaded through runpy by the fixture `round_trips`.  The way of a message and of its bounce:

    a client -> Pratique, a door for mail that goes out, which stamps it
             -> a mail server of ours, which takes it, and cannot deliver it
             -> Pratique, a door for mail that comes in, for whom the message was from
             -> the inbox

The mail servers, by the end of the recipient's domain: a Postfix, and two Exims, one of which
returns the header alone.  `far.` before it is a host elsewhere, which refuses what the
local part says (`Elsewhere`); `here.` is the mail server itself, which knows nobody.

The domains of ours differ in what can prove a bounce to them, and in the doors:

    corp.example     ledger and watermark
    second.example   watermark: its mail comes in by another host, with the same keys alone
    front.example    these two, and a tag before the reverse-path
    sub.example      these two, and a tag as a sub-address
    milter.example   ledger and watermark, where Postfix asks a milter on both ways
    tag.example      the same, with a tag
    home.example     the same as milter.example, but the bounce does not come in: it is made by
                     our own Postfix, which shows it to a milter (internal_mail_filter_classes)
    proxy.example    as corp.example, where mail goes out by smtpd_proxy_filter
    queue.example    the same, by content_filter
"""

import itertools
import json
import smtplib
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from aiosmtpd.controller import Controller

from pratique.milter.journal.entry import Entry
from pratique.milter.journal.reading import entries_of
from pratique.milter.sent import keys
from pratique.milter.stores.days import files_in

CORP, SECOND, FRONT, SUB = "corp.example", "second.example", "front.example", "sub.example"
MILTER, TAG, HOME = "milter.example", "tag.example", "home.example"
PROXY, QUEUE = "proxy.example", "queue.example"
OURS = CORP, SECOND, FRONT, SUB, MILTER, TAG, HOME, PROXY, QUEUE
TAGS = {FRONT: "prefix", SUB: "subaddress", TAG: "prefix"}
# What an Exim returns: lines of its main section.
EXIMS = {
    # One warning, and the next after an hour.
    "exim": {"bounce_return_size_limit": "20K", "delay_warning": "1s:1h"},
    "header.exim": {"bounce_return_body": "false"},
}
POSTFIX = {"bounce_size_limit": "20000", "delay_warning_time": "1s"}
GREETING = "250-inbox.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-SIZE 0\r\n250 DSN"
SECONDS = 25


class Elsewhere:
    """A host that refuses mail as the local part of its recipient says."""

    recipients: ClassVar = {
        "unknown": "550 5.1.1 <unknown>: Recipient address rejected: User unknown",
        # As large providers write it.
        "long": "550-5.1.1 The email account that you tried to reach does not exist.\r\n"
        "550-5.1.1 Please try double-checking the address for typos.\r\n"
        "550 5.1.1  https://support.example/?p=NoSuchUser a1si5 - gsmtp",
        "bare": "550 no",
        "later": "451 4.2.1 come again",
    }

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        """Answer RCPT."""
        answer = self.recipients.get(address.partition("@")[0], "250 2.1.5 Ok")
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        """Answer the end of data."""
        return "554 5.7.1 Message refused by what is in it"


@dataclass(frozen=True, slots=True)
class Trip:
    """A message that went out: who sent it, and what is known of it by its name."""

    reverse_path: str
    recipients: tuple[str, ...]


class RoundTrips:
    """Two services with the same keys, the mail servers, and who refuses mail."""

    def __init__(self, services, servers, inbox, free_port):
        self.first, self.second = services
        self.postfix, self.home, *self.exims = servers
        self.inbox, self.free_port, self.until = inbox, free_port, self.first.until
        self.out, self.out_queue, self.into, self.into_second = (free_port() for _ in range(4))
        self.milter_in, submission, proxy, queue, home = (free_port() for _ in range(5))
        # Where mail of these domains goes out; that of all others goes to us at once.
        self.submissions = {MILTER: submission, TAG: submission, HOME: home}
        self.submissions |= {PROXY: proxy, QUEUE: queue}
        self.numbers = itertools.count(1)
        self.ends = ExitStack()

    def start(self, second=""):
        """Start all; `second` are sections of the second service's configuration."""
        # As any mail server, or no DSN parameters would be taken: they are for all next hops.
        self.inbox.answers["EHLO"] = GREETING
        place = {"hostname": "127.0.0.1", "port": self.free_port()}
        refusing = Controller(Elsewhere(), **place, enable_SMTPUTF8=True)
        refusing.start()
        self.ends.callback(refusing.stop)
        keys.add(self.first.folder / "keys", datetime.now(UTC).date())
        ports = {kind: self.free_port() for kind in ("postfix", *EXIMS)}
        self._configure(ports, second)
        self._start_exims(ports, refusing.port)
        self._start_postfix(ports, refusing.port)
        for service in (self.first, self.second):
            service.start()

    def stop(self):
        """Stop what is not stopped by its own fixture."""
        self.ends.close()

    def _configure(self, ports, second):
        sent = f'[sent]\nkeys = "{self.first.folder}/keys"\n'
        ours = f"[links]\nown_domains = {list(OURS)}\n"
        tags = "".join(
            f'[[sent.batv]]\ndomain = "{domain}"\nform = "{form}"\n'
            for domain, form in TAGS.items()
        )
        routes = "".join(
            f'[[next_hop.route]]\ndomains = [".{kind}.example"]\naddress = "127.0.0.1:{port}"\n'
            for kind, port in ports.items()
            if kind != "postfix"
        )
        home = f'[next_hop]\nkind = "smtp"\naddress = "127.0.0.1:{self.inbox.port}"\n'
        hops = (
            f'[next_hop]\nkind = "smtp"\naddress = "127.0.0.1:{ports["postfix"]}"\n{routes}'
            f'[[next_hop.route]]\ndomains = {list(OURS)}\naddress = "127.0.0.1:{self.inbox.port}"\n'
        )
        doors = (
            listener("out", self.out, "outbound")
            + listener("out-queue", self.out_queue, "outbound", reply="queue")
            + listener("in", self.into, "inbound", f"domains = {list(OURS)}")
            + milter("milter-out", self.postfix.folder, "outbound")
            + milter("milter-in", self.postfix.folder, "inbound")
            # What our own Postfix bounces nobody else hears a refusal of.
            + milter("milter-home", self.home.folder, "inbound", reply="queue")
        )
        self.first.config.write_text(state(self.first) + doors + sent + tags + ours + hops)
        door = listener("in", self.into_second, "inbound", f"domains = {list(OURS)}")
        self.second.config.write_text(state(self.second) + door + sent + ours + home + second)

    def _homes(self):
        """Where mail for our domains comes in."""
        doors = dict.fromkeys(OURS, self.into)
        milters = dict.fromkeys((MILTER, TAG), self.milter_in)
        return doors | milters | {SECOND: self.into_second, HOME: self.inbox.port}

    def _start_exims(self, ports, refusing):
        for (kind, options), exim in zip(EXIMS.items(), self.exims, strict=True):
            exim.options |= options
            exim.start(ports[kind], f"here.{kind}.example", {**self._homes(), "*": refusing})

    def _start_postfix(self, ports, refusing):
        server, home = self.postfix, self.home
        homes = "".join(
            f"{{ {domain} = smtp:[127.0.0.1]:{port} }} " for domain, port in self._homes().items()
        )
        for one in (server, home):
            one.main |= POSTFIX | {
                "transport_maps": f"inline:{{ {homes} }}",
                "mydestination": "here.postfix.example",
                "default_transport": f"smtp:[127.0.0.1]:{refusing}",
                "virtual_alias_maps": "inline:{moved@far.postfix.example=unknown@new.example}",
                "relay_domains": "",
            }
            one.services.append("local unix - n n - - local")
        out = f"unix:{server.folder}/milter-out.sock"
        server.listen(ports["postfix"])
        server.listen(self.submissions[MILTER], smtpd_milters=out)
        server.listen_before(self.submissions[PROXY], self.out)
        server.queue_before(self.submissions[QUEUE], self.out_queue)
        home.listen(self.submissions[HOME], smtpd_milters=out)
        home.main["internal_mail_filter_classes"] = "bounce"
        home.main["non_smtpd_milters"] = f"unix:{home.folder}/milter-home.sock"
        # Another name, or Postfix would take it for itself, and the mail for a loop.
        server.listen(
            self.milter_in,
            smtpd_milters=f"unix:{server.folder}/milter-in.sock",
            content_filter=f"smtp:[127.0.0.1]:{self.inbox.port}",
            myhostname="in.milter.example",
        )
        server.start()
        home.start()

    def send(self, content, domain, *recipients, options=(), local="user%d"):
        """Send a message from a user of ours, each from another one: ANN, and to BOB."""
        trip = Trip(f"{local % next(self.numbers)}@{domain}", recipients)
        port = self.submissions.get(domain, self.out)
        written = content.replace(b"ANN", trip.reverse_path.encode())
        written = written.replace(b"BOB", recipients[0].encode())
        with smtplib.SMTP("127.0.0.1", port, timeout=SECONDS) as client:
            client.sendmail(trip.reverse_path, recipients, written, list(options))
        return trip

    def bring(self, content, recipient):
        """Bring a bounce to the door for our mail, as anybody can; the reply to it."""
        port = self.milter_in if recipient.endswith(MILTER) else self.into
        with smtplib.SMTP("127.0.0.1", port, timeout=SECONDS) as client:
            client.ehlo("mx.elsewhere.example")
            client.mail("")
            client.rcpt(recipient)
            return client.data(content)[0]

    def back(self, trip, nudge=lambda: None) -> list[Entry]:
        """What came back for whoever sent a message: one, and no more."""
        return self.back_to(trip.reverse_path, nudge=nudge)

    def back_to(self, recipient, count=1, nudge=lambda: None) -> list[Entry]:
        """What came in for somebody: so many, and no more."""

        def came():
            nudge()
            # A journal without a layout is one that is being made.
            with suppress(ValueError):
                return len(self.came_in(recipient)) >= count

        self.until(came, f"bounce to {recipient}", SECONDS)
        found = self.came_in(recipient)
        assert len(found) == count
        return found

    def came_in(self, recipient) -> list[Entry]:
        """What came in for somebody, as the journal of that host has it."""
        journal = (self.second if recipient.endswith(SECOND) else self.first).state / "journal"
        return [
            kept.entry
            for file in (files_in(journal) if journal.exists() else ())
            for kept in entries_of(file.path)
            if [one.address for one in kept.entry.envelope.recipients] == [recipient]
        ]

    def alerts(self):
        """What was told of in lines of level `alert`."""
        lines = (self.first.log() + self.second.log()).splitlines()
        return [line for line in map(json.loads, lines) if line["level"] == "alert"]

    def in_inbox(self, recipient) -> bytes:
        """What the next hop got for somebody."""
        found = [one for one in self.inbox.messages if f"<{recipient}>" in one.rcpt[0]]
        assert len(found) == 1
        return found[0].content


def state(service):
    """Where a service keeps what it knows."""
    return f'state = "{service.state}"\n'


def listener(name, port, direction, line="", reply="sender"):
    """A place where mail comes in by SMTP."""
    return (
        f'[[listener]]\nname = "{name}"\naddress = "127.0.0.1:{port}"\nreply = "{reply}"\n'
        f'hostname = "filter.example"\ndirection = "{direction}"\n{line}\n'
    )


def milter(name, folder, direction, reply="sender"):
    """A milter for Postfix."""
    return (
        f'[[milter]]\nname = "{name}"\nsocket = "unix:{folder}/{name}.sock"\nreply = "{reply}"\n'
        f'socket_mode = "0666"\ndirection = "{direction}"\n'
    )
