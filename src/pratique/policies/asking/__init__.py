"""Ask a policy's conditions: each once, many at a time, and few of them at all.

The answers are the same as if each were asked alone and in order; only the cost is not.

asking.py    what a condition answered is remembered for one message
together.py  conditions are asked at once where none of them holds
likeness.py  what they answered is remembered for messages of one sort
shadow.py    what a rule or a policy in the shadow would have done
"""
