"""Compare what a bounce says with what we sent: proof, or none.

lookup.py         START HERE: asks the ledger, the marks and DNS, and records the outcome
case.py           the bounce as it is judged: to whom it came, when, and what it says
candidates.py     what only our mail had, as far as it fits the case
proof.py          which of that proves something, and how much each piece weighs
contradictions.py what no bounce of our mail has
counted.py        uses of proofs, each counted once per message
own_signature.py  a DKIM signature of ours that came back
"""
