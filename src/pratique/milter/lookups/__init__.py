"""ASK the world: each file here takes facts or an envelope and answers with facts.

addresses.py    what a strict reader says against the addresses of an envelope
asked.py        START HERE: everything that is asked about a message, at the same time
resolver.py     DNS: bounded, remembered, never raising; turns.py says which question may go now
block_lists.py  lists by DNS, about hosts of links and about the client
strangers.py    clients that may be strangers, by their addresses
auth/           who a message comes from: SPF, DKIM, DMARC, ARC
bounces/        whether a bounce answers a message that we sent
"""
