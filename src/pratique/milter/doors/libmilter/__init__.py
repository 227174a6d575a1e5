"""Take mail from a mail server through libmilter, which calls us from its own threads.

door.py      what libmilter calls, and what it is asked for
answer.py    lets one of its threads sleep until the event loop has decided
line.py      makes it accept from a socket that it did not open
pymilter.py  finds libmilter, and lists what is agreed on with a mail server

What is said, in which order, and what comes of it is the same as in milter/.
"""
