"""Stand on the near side of the wall: have processes without rights read what strangers wrote.

workers.py    the pool: START HERE, what goes wrong over there and what becomes of it
idle.py       gives the next worker that is free
nursery.py    the process that loads everything once, and forks workers
worker.py     one of them, as seen from here: one message at a time
line.py       its socket
said.py       what it says there and on its page
sighting.py   that, held against what can be true
looks.py      all looks at one message together
faults.py     whose fault it is that nobody can look

What is said across is in scanners/frames.py and wall.proto; the far side is
scanners/nursery.py and scanners/worker.py.
"""
