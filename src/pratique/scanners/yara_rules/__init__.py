"""YARA rules, from their files to what a nursery matches: read, compiled, tried, kept.

sources.py   the files, and what is wrong with one in words: file, line, what YARA says
lines.py     where each rule of a file stands, and its text
meta.py      what metadata mean: severity, family, note, reference
compiling.py  the process that compiles a set; apart.py that which checks and times files:
             both may die
asked.py     asks them, and knows of which file one died
checking.py  what is wrong with a file, or only doubtful
timing.py    how long rules take
trial.py     checks or times files and folders, for `pratique rules`
possible.py  where none of the rules that we ship can match
samples.py   octets that no rule may find, and EICAR
kept.py      compiled rules, kept from start to start
loading.py   all of it: rules that compile, that were tried, and that a nursery shares

Rules come from elsewhere, daily, and YARA is a large program in C.  So what an admin's rules
do to it they do in a process apart: one that dies, hangs, or takes all memory there is told
with the file's name, and the rules that are in force stay.
"""
