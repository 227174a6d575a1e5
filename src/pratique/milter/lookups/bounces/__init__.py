"""Hold what a bounce says against what we sent: proof, or none.

lookup.py         START HERE: asks the ledger, the marks and DNS, and writes down what came of it
case.py           the bounce as it is judged: to whom it came, when, and what it says
candidates.py     what only our mail had, as far as it fits the case
proof.py          which of that proves something, and what weighs how much
contradictions.py what no bounce of our mail has
counted.py        uses of proofs, each counted once a message
own_signature.py  a DKIM signature of ours that came back
"""
