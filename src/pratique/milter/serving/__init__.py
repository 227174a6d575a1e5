"""Serve: what runs in the process of one door, under the supervisor.

door_process.py   the process: takes orders, answers, ends
loop.py           the event loop: uvloop where it is installed
house.py          what a door sends its messages through, opened and closed
telling.py        who is told what became of a message
smtp.py           all SMTP listeners
milter.py         one milter
libmilter.py      one milter, through libmilter
"""
