"""The sections of the configuration file: one model each, each field with its sentence.

section.py   what every section is
listener.py  [[listener]]: where mail comes in by SMTP
milter.py    [[milter]]
doors.py     [doors]: the processes that take mail
next_hop.py  [next_hop] and [release]: where mail goes
engines.py   [clamav] and [deadline]: who else looks at mail, and how long it may all take
more_engines.py [[icap]], [[command]], [[http]]: engines of the admin's own
spam_filters.py [rspamd], [spamassassin]: who gives messages a score
lookups.py   [dns], [[block_list]], [links]: what is asked by DNS, and what is known of links
authentication.py [authentication]: who mail comes from
seeing.py    [workers], [budget], [yara], [passwords], [programs]: how mail is looked at
scanners.py  [[scanner]]: scanners of the admin's own
lists.py     [[hash_list]]: lists of hashes
families.py  [families]: what engines and rules call a family by
sent.py      [sent]: stamps and memory of mail that we send
senders.py   [senders]: in whose names forgers write
bursts.py    [bursts]: how much is an alert, or a flood
notices.py   [notices]: who of ours is told, and where mail may go instead
keeping.py   [policy], [quarantine], [journal], [health]
"""
