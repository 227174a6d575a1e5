"""Keep the whole alive: the one process that opens, starts, restarts, reloads and drains.

supervisor.py   the service: what it is made of, its start, its reload, its end
door.py         one door, kept alive; process.py is one process of it
nurseries.py    the nursery, kept alive, and handed to the doors
sockets.py      listening sockets, opened once
names.py        which doors the settings want, and where each listens
state.py        the state folder, had alone
orders.py       what is said between the supervisor and a door, and how
charge.py       what a door is handed: settings, keys, policies
accepting.py    a policy is checked, tested and kept before it is in force
trial.py        its tests run in trial_process.py, a process of their own, for a limited time
giving_up.py    what is under way when the service ends
control.py      where `pratique reload` asks
health.py       health, readiness and counters, by HTTP
counters.py     what all doors have counted, added up
notify.py       systemd is told how it goes

The supervisor touches no mail.  It opens what must outlive a door (the listening sockets,
the lock on the state folder) and starts one nursery, and the processes of the SMTP
listeners and of each milter.  A door that dies finds its socket open and its clients
waiting when it is started again.  Orders go over a pipe, never as signals: a signal says
one word, says it to whoever happens to have that process id, and libmilter takes it for
the end.
"""
