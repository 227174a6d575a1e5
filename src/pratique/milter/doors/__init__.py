"""Doors take mail in: they speak a protocol with a client and answer for the message.

smtp/         by SMTP and LMTP, from anybody
milter/       from a mail server that asks us by the milter protocol
libmilter/    the same by libmilter, with a thread for each connection

What they share:

places.py     how a place to listen at is written
networks.py   addresses, and whether they lie in a network that is listed
direction.py  whether mail is ours and goes out, or comes to us
queue_id.py   a name for each transaction, in the order of time
room.py       the memory that all content on one listener may take
replies.py    what a door says in its own words
"""
