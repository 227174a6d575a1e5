"""Find what is wrong with a policy that can be read: what never speaks, and what lets anybody in.

`check.py`, one floor up, asks them all.

reach.py               rules that are never reached, and conditions that contradict themselves
forms.py               conditions so that it shows which covers which
formed.py              reads a condition as such a form
expired.py             rules and lists that hold for no mail any more
unused.py              lists and groups that no rule asks for
unseen.py              a smallest message for each class of what was not seen
forgeable.py           rules that a stranger opens by writing a known name
ways.py                in which ways a condition can hold, and what each rests on
wholeness.py           whether a text names one owner, or lets others in
words_of_strangers.py  which texts a stranger writes as he likes, and what proves who he is
wildcards.py           file names with a `*` where a regular expression is asked for
"""
