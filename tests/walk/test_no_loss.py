"""Kill -9 anything at random moments under load: what was answered 250 is somewhere.

Here clients send to Pratique itself.  Behind a Postfix: desk/test_no_loss_postfix.py.
PRATIQUE_ROUNDS says how often something is done to it, PRATIQUE_SEED which; `pytest -rP`
shows the figures.
"""

import os

import pytest

pytestmark = [
    pytest.mark.real("kernel confinement"),
    pytest.mark.real("clamd"),
    pytest.mark.real("root"),
    pytest.mark.slow,
]

ROUNDS = int(os.environ.get("PRATIQUE_ROUNDS", "16"))
KILLED = {"supervisor": 1, "everything": 1, "door": 4, "nursery": 2, "worker": 4, "clamd": 2}
TOLD = {"reload": 1, "amid a reload": 1, "stop": 1, "full disk": 1}


def test_what_was_answered_250_is_in_the_maildir_or_in_quarantine(service, no_loss):
    maildir = service.state / "maildir/new"
    no_loss.elsewhere = lambda: no_loss.copies_in(maildir)
    service.configure(rest=no_loss.sections())
    no_loss.on_small_disk()
    service.start()
    no_loss.begin(service.port)
    no_loss.storm(KILLED | TOLD, ROUNDS)
    no_loss.settle()
    print("standalone, Maildir:", no_loss.reckon())


def test_what_was_answered_250_is_in_the_next_hop_or_in_quarantine(service, no_loss):
    hop = f'[next_hop]\nkind = "smtp"\naddress = "127.0.0.1:{no_loss.next_hop.port}"'
    service.configure(rest=no_loss.sections(hop))
    no_loss.on_small_disk()
    no_loss.next_hop.start()
    service.start()
    no_loss.begin(service.port)
    no_loss.storm(KILLED | TOLD | {"next hop": 3, "next hop at fault": 6}, ROUNDS)
    no_loss.settle()
    print("standalone, SMTP:", no_loss.reckon())
