"""The sections of the configuration file: one model each, each field with its sentence.

section.py   what every section is
listener.py  [[listener]]: where mail comes in by SMTP
milter.py    [[milter]]
doors.py     [doors]: the processes that take mail
next_hop.py  [next_hop] and [release]: where mail goes
engines.py   [clamav] and [deadline]: who else looks at mail, and how long it may all take
seeing.py    [workers], [budget], [yara], [passwords], [programs]: how mail is looked at
keeping.py   [policy], [quarantine], [journal], [health]
"""
