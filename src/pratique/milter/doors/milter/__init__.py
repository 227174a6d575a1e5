"""Take mail from a mail server that asks us over the milter protocol, version 6.

server.py      listens, one task per message, shuts down in good order
settings.py    the settings of one milter
traffic.py     counts connections and messages

talk.py        what a mail server says, in which order, and what is answered
packets.py     packets of the protocol, cut as they come
answers.py     builds the answers

session.py     one connection of a mail server, and how its messages end
mail.py        one message, collected from what a milter is told
macros.py      what else a mail server knows
recipients.py  recipients that the mail server knows with a tag, and we without
ending.py      turns a decision into the edits that a milter may ask for
edits.py       asks for the edits, one call each

Octets in, answers out: talk.py, and all that it uses, has no socket.
"""
