"""Take mail by SMTP and LMTP: a connection, its commands, its transactions.

server.py      serve_smtp(settings, next_hop, take): listens, counts, closes gracefully
settings.py    the settings of one listener
crowd.py       the connections of one listener, and what one client may have of them
alarms.py      many alarms of the same length with one timer of the loop

connection.py  one connection, from the greeting to the end
line.py        its octets: what waits in either direction, its time, TLS
tls.py         the certificate, as its files have it now
proxy_protocol.py  whom a load balancer in front of us names as its client
inbox.py       octets in, commands out: line ends, and the limits of commands

session.py     what each command does, and in which order commands may come
desk.py        what a session is given: its listener's parts, and its connection
greeting.py    who we are and what we can do: the greeting, and the answer to EHLO
peer.py        who is at the other end, and for whom it speaks
attributes.py  the words of XFORWARD and XCLIENT, each in its grammar
xclient.py     a client whose place a listed peer takes
xforward.py    what a Postfix in front of us says of its client
command.py     the grammar of MAIL and RCPT, and the replies when it is broken
relay.py       who may send where: no open relay

transaction.py one message: from MAIL to the reply to the end of data
recipients.py  its recipients: as the client named them, and as they are sent to
ending.py      the end of data: octets in, content out, and only CRLF.CRLF ends it
forms.py       forms of content that an admin may refuse: long lines, eight bits, NUL
downstream.py  the transaction with the next hop while the content is inspected
trace.py       the Received field
"""
