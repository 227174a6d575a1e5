"""Send numbered mail without a pause, each message until it is taken or refused for good.

What each client heard, and when, is kept for the reckoning (no_loss_reckoning.py).
"""

import runpy
import smtplib
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

MAIL = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("no_loss_mail.py"))))
CLIENTS = 3
# A client hears within this time or hangs up: more than Postfix or we ever take.
PATIENCE = 120
# A client comes again after this time.
PAUSE = 0.1


@dataclass
class Heard:
    """What a client heard, by number."""

    # Those who were accepted, where the end was 250.
    taken: dict = field(default_factory=dict)
    # Number and name: what was said when it was refused for good.
    never: dict = field(default_factory=dict)
    # How often the end was 4yz, or not heard.
    later: Counter = field(default_factory=Counter)
    lost: Counter = field(default_factory=Counter)
    # What it was told to come again with.
    deferrals: list = field(default_factory=list)
    # When 250 was heard, and each time that an end was not, or was 4yz, by number (time.time()).
    taken_at: dict = field(default_factory=dict)
    unclear_at: dict = field(default_factory=lambda: defaultdict(list))
    # When the last that was taken was begun (time.monotonic()).
    went_on: float = 0.0


class Client(threading.Thread):
    """Sends one message after the other until told to stop."""

    def __init__(self, trial, number):
        super().__init__(name=f"client {number}")
        self.trial, self.number, self.heard = trial, number, Heard()
        # Whether it is amid a transaction.
        self.is_amid = False

    def run(self):
        while not self.trial.stop.is_set():
            try:
                with smtplib.SMTP("127.0.0.1", self.trial.port, timeout=PATIENCE) as client:
                    self.converse(client)
            except smtplib.SMTPResponseException as error:
                self.heard.deferrals.append((error.smtp_code, error.smtp_error))
            except (OSError, smtplib.SMTPException) as error:
                self.heard.deferrals.append((0, repr(error)))
            self.trial.stop.wait(PAUSE)

    def converse(self, client):
        must_be(250, client.ehlo("client.example"))
        while not self.trial.stop.is_set():
            if self.trial.crowded():
                self.trial.stop.wait(PAUSE)
                continue
            self.is_amid = True
            try:
                self.send(client)
            finally:
                self.is_amid = False
            self.number += CLIENTS

    def send(self, client):
        """Send one message: returns once there is nothing to come again with."""
        begun = time.monotonic()
        names = MAIL.names_of(self.number)
        if self.over(client.mail("a@sender.example"), names):
            return
        said = {name: client.rcpt(f"{name}@corp.example") for name in names}
        accepted = [name for name, reply in said.items() if not self.over(reply, [name])]
        if accepted and not self.over(self.end(client), accepted):
            self.heard.taken[self.number] = accepted
            self.heard.taken_at[self.number], self.heard.went_on = time.time(), begun
        elif not accepted:
            must_be(250, client.rset())

    def end(self, client):
        """DATA and the content: the reply."""
        try:
            code, said = client.data(MAIL.message(self.number))
        except smtplib.SMTPDataError as error:
            # To DATA itself.
            return error.smtp_code, error.smtp_error
        except (OSError, smtplib.SMTPException):
            self.heard.lost[self.number] += 1
            self.heard.unclear_at[self.number].append(time.time())
            raise
        if code // 100 == 4:
            self.heard.later[self.number] += 1
            self.heard.unclear_at[self.number].append(time.time())
        return code, said

    def over(self, reply, names):
        """Whether it is refused for these for good; raises what to come again with."""
        if reply[0] // 100 != 5:
            must_be(250, reply)
            return False
        self.heard.never |= {(self.number, name): reply[1] for name in names}
        return True


def must_be(wanted, heard):
    code, said = heard
    if code != wanted:
        raise smtplib.SMTPResponseException(code, said)
