"""Put one service with a door of each kind around one Postfix, and send mail through each.

Loaded through runpy by the fixture `all_doors`.  The ways of a message:

    milter   smtpd, which asks a milter of the service, and the queue
    hold     the same, and what is held lies in Postfix's hold queue
    proxy    smtpd, a listener that a sender hears, a second smtpd and its queue
    filter   smtpd and its queue, a listener behind that queue, a second smtpd and its queue
    wrong    the same with a listener that was told that a sender hears it
    mx       a listener that strangers connect to, a second smtpd and its queue

Whatever Postfix sends, bounces too, goes to the sink.  A message is known again by the local
part of its only recipient and by its way, `0007@milter.corp.example`.
"""

import asyncio
import re
import socket
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from pratique.milter.assembly import policy_of, setup_of, worker_settings
from pratique.milter.config import Settings
from pratique.milter.content import content_of
from pratique.milter.journal.entry import Entry
from pratique.milter.journal.reading import entries_of
from pratique.milter.judging import judge
from pratique.milter.mail import Envelope, Forward
from pratique.milter.quarantine.store import Quarantine
from pratique.milter.stores.days import files_in
from pratique.milter.wall.workers import Workers, own_nursery

LISTENERS = {"proxy": "sender", "filter": "queue", "wrong": "sender", "mx": "sender"}
MILTERS = {"milter": "own", "hold": "postfix"}
# No host of Postfix's own, so a stranger to it (permit_inet_interfaces); yet it may relay.
STRANGER, HERE = "127.0.0.2", "127.0.0.1"
# Many messages of one client are refused here, and that must not slow it down.
PATIENT = {
    "smtpd_soft_error_limit": "1000000",
    "smtpd_hard_error_limit": "1000000",
    "in_flow_delay": "0",
    "queue_run_delay": "600s",
}
SECONDS = 120


@dataclass(frozen=True, slots=True)
class Mail:
    """A message as its client sends it; its name is a local part."""

    name: str
    content: bytes
    reverse_path: str = "a@sender.example"
    client: str = STRANGER


class AllDoors:
    """One Postfix, one service, and mail that went through them."""

    def __init__(self, relay, service, sink, free_port):
        self.relay, self.service, self.sink = relay, service, sink
        self.until, self.behind = relay.until, free_port()
        ways = (*MILTERS, *LISTENERS)
        # What clients connect to, and what our own listeners listen on.
        self.front = {way: free_port() for way in ways}
        self.ours = {way: free_port() for way in LISTENERS} | {"mx": self.front["mx"]}
        self.sent: dict[str, dict[str, Mail]] = {way: {} for way in ways}

    def start(self, rest="", **behind):
        """Start both, with sections of our configuration and settings of the smtpd behind."""
        self._configure(rest)
        self.service.start()
        relay, port = self.relay, self.sink.port
        # What lies in the queue is what is sent: this transport folds no line.
        relay.services.append("out unix - - n - - smtp\n    -o smtp_line_length_limit=0")
        relay.main |= PATIENT
        relay.main |= dict.fromkeys(
            ("relay_transport", "default_transport"), f"out:[127.0.0.1]:{port}"
        )
        for way in MILTERS:
            relay.listen(self.front[way], smtpd_milters=self._socket(way))
        relay.listen_before(self.front["proxy"], self.ours["proxy"])
        relay.queue_before(self.front["filter"], self.ours["filter"])
        relay.listen(self.front["wrong"], content_filter=f"scan:[127.0.0.1]:{self.ours['wrong']}")
        relay.queue_behind(self.behind, **behind)
        relay.start()

    def _socket(self, way):
        return f"unix:{self.relay.folder}/{way}.sock"

    def _configure(self, rest):
        front = 'xforward_from = ["127.0.0.1"]\n'
        sections = [f'state = "{self.service.state}"\n']
        for way, reply in LISTENERS.items():
            sections.append(
                f'[[listener]]\nname = "{way}"\naddress = "127.0.0.1:{self.ours[way]}"\n'
                f'reply = "{reply}"\nhostname = "filter.example"\nrelay_from = ["127.0.0.0/8"]\n'
                + (front if way != "mx" else "")
            )
        for way, held in MILTERS.items():
            sections.append(
                f'[[milter]]\nname = "{way}"\nsocket = "{self._socket(way)}"\nreply = "sender"\n'
                f'quarantine = "{held}"\nsocket_mode = "0666"\n'
            )
        hop = f'[next_hop]\nkind = "smtp"\naddress = "127.0.0.1:{self.behind}"\n'
        self.service.config.write_text("".join(sections) + hop + rest)

    def send(self, way: str, mails: Iterable[Mail], clients: int = 4) -> dict[str, str]:
        """Send messages by so many clients at once; the last reply to each, by its name."""
        some = list(mails)
        self.sent[way] |= {mail.name: mail for mail in some}
        shares = [some[start::clients] for start in range(clients)]
        with ThreadPoolExecutor(clients) as executor:
            told = executor.map(lambda share: list(self._said(way, share)), shares)
            return dict(pair for pairs in told for pair in pairs)

    def _said(self, way: str, mails: list[Mail]) -> Iterator[tuple[str, str]]:
        for address in sorted({mail.client for mail in mails}):
            with closing(Client(self.front[way], address)) as client:
                for mail in mails:
                    if mail.client == address:
                        yield mail.name, client.send(mail, recipient(way, mail.name))

    def settle(self) -> None:
        """Wait until Postfix has nothing left to send, and the journal has all that was decided.

        What a client or a queue got a reply to was told to the log before.
        """
        self.until(lambda: not self.waiting(), "end of the queue", SECONDS)
        told = self.service.log().count('"event": "message"')
        self.until(lambda: len(self.entries()) >= told, f"{told} entries of the journal")

    def waiting(self) -> list[dict[str, object]]:
        """What Postfix has and does not hold."""
        return [one for one in self.relay.queue() if one["queue_name"] != "hold"]

    def entries(self) -> list[Entry]:
        """The journal."""
        files = files_in(self.service.state / "journal")
        return [kept.entry for file in files for kept in entries_of(file.path)]

    def decisions(self) -> dict[str, dict[str, Entry]]:
        """What was decided, by way and by name of the message; more than once is wrong."""
        found: dict[str, dict[str, Entry]] = {way: {} for way in self.sent}
        for entry in self.entries():
            (forward,) = entry.envelope.recipients
            name = forward.address.partition("@")[0]
            assert name not in found[entry.envelope.door], (entry.envelope.door, name)
            found[entry.envelope.door][name] = entry
        return found

    def held(self) -> dict[str, dict[str, bytes]]:
        """The octets that were looked into, by way and name, of what our quarantine holds."""
        with closing(Quarantine(self.service.state / "quarantine")) as quarantine:
            return {
                way: {
                    name: whole(quarantine.content(entry.held_as))
                    for name, entry in entries.items()
                    if entry.held_as and MILTERS.get(way) != "postfix"
                }
                for way, entries in self.decisions().items()
            }

    def delivered(self) -> dict[str, dict[str, bytes]]:
        """What went on to the sink, by way and name."""
        found: dict[str, dict[str, bytes]] = {way: {} for way in self.sent}
        for one in self.sink.messages:
            ours = re.fullmatch(r"RCPT TO:<(.+)@(\w+)\.corp\.example>", one.rcpt[0])
            assert ours, one.rcpt
            assert ours[1] not in found[ours[2]], one.rcpt
            found[ours[2]][ours[1]] = one.content
        return found


def inspected(mails: Iterable[Mail], policy: str = "default") -> dict[str, tuple[str, str]]:
    """What `inspect` says of each, with its own envelope: action and rule, by name."""
    settings, rules = Settings(), policy_of(policy)

    async def look(pool: Workers, mail: Mail) -> tuple[str, str]:
        envelope = Envelope(
            queue_id="inspect",
            received_at=datetime.now(UTC),
            reverse_path=mail.reverse_path,
            recipients=(Forward(f"{mail.name}@corp.example"),),
        )
        with closing(content_of([mail.content])) as content:
            seen = await pool.inspect(content, envelope)
        (verdict,) = judge(seen, envelope, rules).verdicts
        return str(verdict.action), verdict.rule

    async def look_at_all() -> dict[str, tuple[str, str]]:
        pool = Workers(own_nursery(setup_of(settings)), worker_settings(settings))
        await pool.start()
        try:
            # Not all at once: a message waits for a worker for a while only.
            found, left = {}, list(mails)
            while some := left[: settings.workers.count]:
                del left[: len(some)]
                said = await asyncio.gather(*(look(pool, mail) for mail in some))
                found |= {mail.name: one for mail, one in zip(some, said, strict=True)}
            return found
        finally:
            await pool.close()

    return asyncio.run(look_at_all())


def recipient(way: str, name: str) -> str:
    """The address that a message is known by."""
    return f"{name}@{way}.corp.example"


def whole(descriptor: int) -> bytes:
    """All octets of a file."""
    with open(descriptor, "rb") as file:
        return file.read()


def untraced(content: bytes, fields: int) -> bytes:
    """The same without so many Received fields at its beginning."""
    for _ in range(fields):
        content, found = re.subn(rb"\AReceived: .*?\r\n(?![ \t])", b"", content, flags=re.DOTALL)
        assert found == 1, content[:200]
    return content


class Client:
    """A client that sends octets as they are, one message after another."""

    def __init__(self, port: int, address: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), SECONDS, (address, 0))
        self.lines = self.socket.makefile("rb")
        self.reply()
        self.say("EHLO client.example")

    def send(self, mail: Mail, forward: str) -> str:
        """Send a message; the reply to its end, or to what was refused before."""
        for line in (f"MAIL FROM:<{mail.reverse_path}>", f"RCPT TO:<{forward}>", "DATA"):
            said = self.say(line)
            assert said[0] in "23", (mail.name, line, said)
        # Postfix takes a bare LF for the end of a line, so a dot behind it is doubled too;
        # where it does not, there is a dot more, and nothing else.
        stuffed = re.sub(rb"(?m)^\.", b"..", mail.content)
        ended = stuffed if stuffed.endswith(b"\r\n") or not stuffed else stuffed + b"\r\n"
        self.socket.sendall(ended + b".\r\n")
        return self.reply()

    def say(self, line: str) -> str:
        """Say a line and hear the reply."""
        self.socket.sendall(line.encode() + b"\r\n")
        return self.reply()

    def reply(self) -> str:
        """The last line of a reply."""
        while line := self.lines.readline():
            if line[3:4] != b"-":
                return line.decode("utf-8", "replace").rstrip()
        raise ConnectionError("the connection was closed")

    def close(self) -> None:
        """End it."""
        self.lines.close()
        self.socket.close()
