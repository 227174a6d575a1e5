"""Keep the whole alive: the one process that opens, starts, restarts, reloads and drains.

supervisor.py   the service: what it is made of, its start, its reload, its end
door.py         one door, kept alive; process.py is one process of it
nurseries.py    the nursery, kept alive, and handed to the doors
sockets.py      listening sockets, opened once
names.py        which doors the settings want, and where each listens
state.py        the state folder, for one service alone
orders.py       what is said between the supervisor and a door, and how
charge.py       what a door is handed: settings, keys, policies
accepting.py    a policy is checked, tested and kept before it is in force
trial.py        its tests run in trial_process.py, a process of their own, for a limited time
giving_up.py    drops work that is under way when the service ends
control.py      where `pratique reload` asks
health.py       health, readiness and counters, by HTTP
counters.py     what all doors have counted, added up
notify.py       tells systemd the state of the service

The supervisor touches no mail.  It opens what must outlive a door (the listening sockets,
the lock on the state folder) and starts one nursery, and the processes of the SMTP
listeners and of each milter.  A door that dies finds its socket open and its clients
waiting when it is restarted.  Orders go over a socket pair, never as signals: a signal
is one word to whatever process happens to have that id, and libmilter takes it for an
order to stop.
"""
