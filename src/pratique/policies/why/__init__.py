"""Take a verdict apart: what was asked, what it rests on, and what would have changed it.

`explain.py`, one floor up, reports it.

proof.py           a condition asked piece by piece
elements.py        what a piece is about: values, and the elements of a list that decide it
called.py          a part, a finding, a value on one line, as an admin knows them
counterfactual.py  the smallest change of the facts that alters a verdict
changes.py         what could be different in a message
alterable.py       what conditions ask for, and what they compare it with
"""
