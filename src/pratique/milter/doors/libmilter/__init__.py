"""Take mail from a mail server by libmilter, which calls us from threads of its own.

door.py      what it calls, and what it is asked for
answer.py    a thread of its that sleeps until the event loop has decided
line.py      it accepts from a socket that it did not open
pymilter.py  libmilter, and what is agreed on with a mail server

What is said, in which order, and what comes of it is the same as in milter/.
"""
