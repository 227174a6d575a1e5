"""Doors take mail in: they speak a protocol with a client and answer for the message.

smtp.py        the SMTP door: one connection, from the greeting to the end
session.py     what each command does, and in which order they may come
transaction.py what one message is about: from MAIL to the reply to the end of data
greeting.py    who we are and what we can do: the greeting, and the answer to EHLO
desk.py        what a session is given: its listener's parts, and its connection
replies.py     what the door says in its own words
server.py      serve_smtp(settings, next_hop, take): listens, counts, closes gracefully
settings.py    what an admin sets for one listener
alarms.py      many alarms of the same length with one timer of the loop
line.py        the octets of one connection: what waits in either direction, its time, TLS
tls.py         the certificate, as it lies in its files now
proxy_protocol.py  whom a load balancer in front of us names as its client
crowd.py       the connections of one listener, and what one client may have of them
inbox.py       octets in, commands out: the line ends and limits of commands
command.py     the grammar of MAIL and RCPT, and what is said when it is broken
room.py        the memory that all content on one listener may take
ending.py      the end of data: octets in, content out, and only CRLF.CRLF ends it
forms.py       forms of content that an admin may refuse: long lines, eight bits, NUL
relay.py       who may send where: no open relay
peer.py        who is at the other end, and for whom it speaks
attributes.py  the words of XFORWARD and XCLIENT, each in its grammar
xclient.py     a client whose place a listed peer takes
xforward.py    what a Postfix in front of us says of its client
recipients.py  those of one message: as they were said, and as they are sent to
direction.py   whether mail is ours and goes out, or comes to us
downstream.py  the transaction with the next hop while the content is looked into
trace.py       the Received field
milter_server.py    the milter door: listens, one task a message, ends in good order
milter_talk.py      what a mail server says, in which order, and what is answered
milter_packets.py   packets of the milter protocol, cut as they come
milter_answers.py   the answers, put together
milter_session.py   one connection of a mail server, and how its messages end
milter_mail.py      one message, collected from what a milter is told
milter_recipients.py  recipients that the mail server knows with a tag, and we without
milter_macros.py    what a mail server knows beside
milter_ending.py    what was decided becomes the edits that a milter may ask for
milter_edits.py     the edits are asked for, in calls
milter_traffic.py   connections and messages are counted
milter.py           the same door by libmilter: what it calls, and what it is asked for
pymilter.py         libmilter, and what is agreed on with a mail server
milter_answer.py    a thread of its that sleeps until the event loop has decided
milter_line.py      it accepts from a socket that it did not open
places.py           how a place to listen at is written
milter_settings.py  what an admin sets for one milter
queue_id.py    a name for each transaction, in the order of time
"""
