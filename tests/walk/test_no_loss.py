"""Kill -9 anything at random moments under load: what was answered 250 is somewhere.

Here clients send to Pratique itself.  Behind a Postfix: desk/test_no_loss_postfix.py.
PRATIQUE_ROUNDS says how often something is done to it; `pytest -rP` shows the figures.
"""

import os

import pytest

pytestmark = [pytest.mark.real("kernel confinement"), pytest.mark.slow]

ROUNDS = int(os.environ.get("PRATIQUE_ROUNDS", "16"))
KILLED = {"supervisor": 1, "everything": 1, "door": 3, "nursery": 2, "worker": 5}
TOLD = {"reload": 1, "amid a reload": 1, "stop": 1}


def test_what_was_answered_250_is_in_the_maildir_or_in_quarantine(service, no_loss):
    maildir = service.state / "maildir/new"
    no_loss.elsewhere = lambda: no_loss.numbers_in(maildir)
    service.start()
    no_loss.begin(service.port)
    no_loss.storm(KILLED | TOLD, ROUNDS)
    no_loss.settle()
    print("standalone, Maildir:", no_loss.reckon())


def test_what_was_answered_250_is_in_the_next_hop_or_in_quarantine(service, no_loss):
    address = f"127.0.0.1:{no_loss.next_hop.port}"
    service.configure(rest=f'[next_hop]\nkind = "smtp"\naddress = "{address}"')
    no_loss.next_hop.start()
    service.start()
    no_loss.begin(service.port)
    no_loss.storm(KILLED | TOLD | {"next hop": 4}, ROUNDS)
    no_loss.settle()
    print("standalone, SMTP:", no_loss.reckon())
