"""Doors take mail in: they speak a protocol with a client and answer for the message.

smtp/         by SMTP and LMTP, from any client
milter/       from a mail server that asks us over the milter protocol
libmilter/    the same through libmilter, with one thread per connection

What they share:

places.py     how a place to listen at is written
networks.py   addresses, and whether they lie in a listed network
direction.py  whether mail is ours and goes out, or comes to us
queue_id.py   a name for each transaction, in order of time
room.py       the memory that all content on one listener may take
replies.py    what a door says in its own words
"""
