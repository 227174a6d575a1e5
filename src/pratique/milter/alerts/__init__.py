"""Know what comes too often, and tell what must wake somebody.

bursts.py       START HERE: mail of one client of ours, false bounces to one address: facts
emergencies.py  what of a message is an alert
alerts.py       alerts are told, each once in a while
lately.py       how often something happened of late, over all doors
buckets.py      the file of fixed size in which that stands
"""
