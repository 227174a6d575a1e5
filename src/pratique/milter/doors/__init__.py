"""Doors take mail in: they speak a protocol with a client and answer for the message.

smtp.py        the SMTP door: one connection, from the greeting to the end
session.py     what each command does, and in which order they may come
replies.py     what the door says in its own words
server.py      serve_smtp(settings, next_hop, take): listens, counts, closes gracefully
settings.py    what an admin sets for one listener
inbox.py       octets in, commands out: the line ends and limits of commands
command.py     the grammar of MAIL and RCPT, and what is said when it is broken
room.py        the memory that all content on one listener may take
ending.py      the end of data: octets in, content out, and only CRLF.CRLF ends it
relay.py       who may send where: no open relay
xforward.py    what a Postfix in front of us says of its client
downstream.py  the transaction with the next hop while the content is looked into
trace.py       the Received field
milter.py      the milter door: what libmilter calls, and what it is asked for
milter_session.py   one connection of a mail server, and how its messages end
milter_mail.py      one message, collected from what a milter is told
milter_macros.py    what a mail server knows beside
milter_ending.py    what was decided becomes the edits that a milter may ask for
milter_traffic.py   connections and messages are counted, over all threads
milter_socket.py    whether the milter may listen where its admin says
milter_settings.py  what an admin sets for one milter
queue_id.py    a name for each transaction, in the order of time
"""
