"""Kill -9 anything at random moments, in each place at a real Postfix: nothing is lost.

What a client of that Postfix heard 250 for is in the end, for each recipient, in the next
hop or in our quarantine, and nobody got a bounce.  What is killed: our processes, clamd, the
next hop of that Postfix, and where mail goes back to it the smtpd that takes it.  The next
hop fails at each stage; where it is Postfix's, for a while only, since it would bounce.

PRATIQUE_ROUNDS says how often something is done to it, PRATIQUE_SEED which; `pytest -rP`
shows the figures.
"""

import os
import re
import shutil
import signal
import tempfile
from collections import Counter
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.real("postfix"),
    pytest.mark.real("kernel confinement"),
    pytest.mark.real("clamd"),
    pytest.mark.slow,
]

ROUNDS = int(os.environ.get("PRATIQUE_ROUNDS", "16"))
RELOADS = max(2, ROUNDS // 20)
COMMON = {"supervisor": 1, "everything": 1, "nursery": 2, "worker": 3, "clamd": 2}
NEXT_HOP = {"next hop": 2, "next hop at fault": 4}
TOLD = {"reload": 1, "amid a reload": 1, "stop": 1, "full disk": 1}
MILTER = COMMON | NEXT_HOP | TOLD | {"milter": 5}
SMTP = COMMON | NEXT_HOP | TOLD | {"door": 4, "smtpd behind": 2}
QUEUE = COMMON | NEXT_HOP | TOLD | {"door": 5}

# What a queue waits for minutes with.
SOON = {
    "queue_run_delay": "1s",
    "minimal_backoff_time": "1s",
    "maximal_backoff_time": "1s",
    "transport_retry_time": "1s",
    # Where a filter hangs up Postfix tells its postmaster, by mail.
    "notify_classes": "",
}
BOUNCE = re.compile(r"status=bounced|sender non-delivery notification|/bounce\[")
NAMED = re.compile(r"cleanup\[\d+\]: (\w+): message-id=<(\d+)@")
DEFERRED = re.compile(r": (\w+): to=.*status=deferred")
WAITING = ("maildrop", "incoming", "active", "deferred")


class Place:
    """A place at a Postfix, with Pratique in it."""

    def __init__(self, no_loss, postfix, free_port):
        self.trial, self.service = no_loss, no_loss.service
        self.port, self.behind = free_port(), free_port()
        self.relay = postfix(no_loss.next_hop.port)
        self.relay.main |= SOON
        no_loss.events["smtpd behind"] = self.kill_smtpd_behind
        no_loss.is_relayed = True
        no_loss.faults = no_loss.passing
        no_loss.unheard, no_loss.under_way = self.deferred, self.waiting
        no_loss.on_small_disk()

    def deferred(self):
        """How often Postfix put each message off."""
        log = self.relay.log()
        numbers = {name: int(number) for name, number in NAMED.findall(log)}
        return Counter(numbers[name] for name in DEFERRED.findall(log) if name in numbers)

    def waiting(self):
        """How many messages lie in its queue."""
        queue = self.relay.folder / "spool"
        return sum(one.is_file() for kind in WAITING for one in (queue / kind).rglob("*"))

    def kill_smtpd_behind(self):
        """Kill one that takes mail back from us; its master starts another."""
        told = f"127.0.0.1:{self.behind}".encode()
        for process in Path("/proc").glob("[0-9]*"):
            words = command_line(process)
            if words[:1] == [b"smtpd"] and told in words:
                os.kill(int(process.name), signal.SIGKILL)
                return

    def hands_on(self, port, **listener):
        """Configure Pratique to take mail by SMTP and to give it to this port."""
        lines = 'xforward_from = ["127.0.0.1"]\nrelay_from = ["127.0.0.0/8"]'
        next_hop = f'[next_hop]\nkind = "smtp"\naddress = "127.0.0.1:{port}"'
        self.service.configure(lines, self.trial.sections(next_hop))
        written = self.service.config.read_text()
        for name, value in listener.items():
            written = re.sub(f"^{name} = .*", f'{name} = "{value}"', written, flags=re.MULTILINE)
        self.service.config.write_text(written)

    def is_done(self):
        """Whether nothing is left in the queue; what is is tried again."""
        self.relay.nudge()
        return not self.relay.queue()

    def survives(self, weights, rounds):
        """Do all that to it, and see that nothing is lost; the figures."""
        trial = self.trial
        trial.next_hop.start()
        self.service.start()
        self.relay.start()
        trial.begin(self.port)
        trial.storm(weights, rounds)
        trial.settle(self.is_done)
        assert [line for line in self.relay.log().splitlines() if BOUNCE.search(line)] == []
        return trial.reckon()


def command_line(process):
    try:
        return (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


@pytest.fixture
def place(no_loss, postfix, free_port):
    return Place(no_loss, postfix, free_port)


@pytest.fixture
def as_milter(place):
    """Postfix asks Pratique about each message before it takes it."""
    # One that the user postfix may enter.
    folder = Path(tempfile.mkdtemp(prefix="pratique-milter-"))
    folder.chmod(0o755)
    socket = f"unix:{folder}/milter.sock"
    milter = f'[[milter]]\nreply = "sender"\nsocket = "{socket}"\nsocket_mode = "0666"\n'
    release = f'[release]\nnext_hop = "127.0.0.1:{place.trial.next_hop.port}"'
    sections = place.trial.sections(milter, release)
    place.service.config.write_text(f'state = "{place.service.state}"\n{sections}\n')
    place.relay.listen(place.port, smtpd_milters=socket, milter_default_action="tempfail")
    yield place
    shutil.rmtree(folder)


@pytest.fixture
def before_a_queue(place):
    """Postfix passes each message through Pratique before it takes it (smtpd_proxy_filter)."""
    place.hands_on(place.behind)
    place.relay.listen_before(place.port, place.service.port)
    place.relay.listen_behind(place.behind)
    return place


@pytest.fixture
def behind_a_queue(place):
    """Postfix takes each message and then passes it through Pratique (content_filter)."""
    place.hands_on(place.behind, reply="queue")
    place.relay.queue_before(place.port, place.service.port)
    place.relay.queue_behind(place.behind)
    place.trial.is_queue = True
    return place


@pytest.fixture
def from_a_queue(place):
    """The same, and Pratique hands it to the next hop: all that this one refuses is held."""
    place.hands_on(place.trial.next_hop.port, reply="queue")
    place.relay.queue_before(place.port, place.service.port)
    place.trial.is_queue = True
    place.trial.faults = place.trial.passing + place.trial.for_good
    return place


def test_nothing_is_lost_as_a_milter(as_milter):
    print("milter:", as_milter.survives(MILTER, ROUNDS))


def test_nothing_is_lost_before_a_queue(before_a_queue):
    print("smtpd_proxy_filter:", before_a_queue.survives(SMTP, ROUNDS))


def test_nothing_is_lost_behind_a_queue(behind_a_queue):
    print("content_filter:", behind_a_queue.survives(SMTP, ROUNDS))


def test_nothing_is_lost_from_a_queue_to_another_next_hop(from_a_queue):
    print("content_filter, another hop:", from_a_queue.survives(QUEUE, max(8, ROUNDS // 2)))


@pytest.mark.parametrize("where", ["as_milter", "before_a_queue", "behind_a_queue"])
def test_nobody_is_deferred_by_a_reload(request, where):
    figures = request.getfixturevalue(where).survives({"reload": 1}, RELOADS)
    print(where, figures)
    assert (figures["deferrals"], figures["delivered twice"]) == (0, 0)
