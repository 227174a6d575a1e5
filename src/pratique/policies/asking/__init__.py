"""Ask a policy's conditions: each once, many at a time, and most of them not at all.

The answers are the same as if each were asked alone and in order; only the cost is not.

asking.py    remembering what a condition answered for one message
together.py  asking conditions at once, for messages for which none of them holds
likeness.py  remembering answers for messages of one sort
shadow.py    what a rule or a policy in the shadow would have done
"""
