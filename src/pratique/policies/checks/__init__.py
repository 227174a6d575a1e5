"""Find what is wrong with a readable policy: what never applies, and what lets anybody in.

`check.py`, one floor up, asks them all.

reach.py               rules that are never reached, and conditions that contradict themselves
forms.py               conditions in a form that shows which covers which
formed.py              reading a condition into such a form
expired.py             rules and lists that no longer apply to any mail
unused.py              lists and groups that no rule asks for
unseen.py              a smallest message for each class of what was not seen
forgeable.py           rules that a stranger opens by writing a known name
ways.py                in which ways a condition can hold, and what each rests on
wholeness.py           whether a text names one owner, or lets others in
words_of_strangers.py  which texts a stranger writes at will, and what proves an identity
wildcards.py           file names with a `*` where a regular expression is asked for
"""
