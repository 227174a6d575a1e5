"""Take mail from a mail server that asks us by the milter protocol, version 6.

server.py      listens, one task a message, ends in good order
settings.py    what one milter is told
traffic.py     connections and messages are counted

talk.py        what a mail server says, in which order, and what is answered
packets.py     packets of the protocol, cut as they come
answers.py     the answers, put together

session.py     one connection of a mail server, and how its messages end
mail.py        one message, collected from what a milter is told
macros.py      what a mail server knows beside
recipients.py  recipients that the mail server knows with a tag, and we without
ending.py      what was decided becomes the edits that a milter may ask for
edits.py       the edits are asked for, in calls

Octets in, answers out: talk.py, and all that it uses, has no socket.
"""
