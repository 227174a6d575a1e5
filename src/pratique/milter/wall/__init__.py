"""Stand on the near side of the wall: have processes without rights read what strangers wrote.

workers.py    the pool: START HERE, what goes wrong over there and what becomes of it
idle.py       gives out the next free worker
nursery.py    the process that loads everything once, and forks workers
worker.py     one worker, as seen from here: one message at a time
line.py       its socket
said.py       what it says there and on its page
sighting.py   checks that against what can be true
looks.py      all looks at one message together
faults.py     whose fault it is that no worker can look

What is said across is in scanners/frames.py and wall.proto; the far side is
scanners/nursery.py and scanners/worker.py.
"""
