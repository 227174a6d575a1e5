"""Tell how a message pretends to come from somebody else, and what others say of that.

builtin/senders.py is the scanner that asks these:

authors.py   addresses of the header, as hosts are compared
shown.py     addresses that a display name shows
people.py    people of ours, and display names that are theirs
signs.py     START HERE: the signs, each a word and what was seen
by_list.py   whose mailing list brought the message, as it says
results.py   the fields Authentication-Results
grammar.py   the body of one such field, taken apart

What it has in common with links (hosts, letters that look like others, names that look like
ours) lies in ../links/, and how texts are read alike in ../bounces/fold.py.
"""
