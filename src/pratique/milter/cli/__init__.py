"""The command line, one file a command.

main.py        the group and what all commands share: which configuration
session.py     the settings that the admin chose, read when a command needs them
serve.py       take mail
reload.py      have the running service take new settings
inspect.py     look at messages without acting
report.py      what `inspect` says as JSON: a contract that others rely on
tree.py        what `inspect` says to a person; origin.py whom a message is from, marks.py how a
               stranger's text stands there
quarantine.py  look at held messages and decide
quarantine_shown.py   how a held message is shown
why.py         why a message went the way it went; why_shown.py says it
policy.py      check and test a policy
lists.py       build, check and show lists of hashes, and add to them
rules.py       check YARA rules, and time them
scanner.py     try scanners of one's own, and list all
config.py      check the configuration
keys.py        make and list the keys that sign what we send
doctor.py      look at the whole wiring, and say what is wrong
screen.py      show a stranger's text so that it can do no harm
"""
