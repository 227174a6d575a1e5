"""The command line, one file per command.

main.py        the group and what all commands share: which configuration
session.py     the settings that the admin chose, read when a command needs them
serve.py       take mail
reload.py      have the running service take new settings
inspect.py     look at messages without acting
report.py      what `inspect` says as JSON: a contract that others rely on
tree.py        what `inspect` says to a person; origin.py whom a message is from, marks.py how a
               stranger's text is made safe there
quarantine.py  look at held messages and decide
quarantine_shown.py   how a held message is shown
why.py         why a message went the way it went; decided.py: by which rule of that time
               why_shown.py, why_json.py: what the journal keeps of it
               reasons.py explains its verdicts; proof_shown.py says that to a person,
               proof_json.py to a program, proof_words.py has the words of both
policy.py      the group of commands on policies; policy_check.py says what is wrong with one
               (policy_formats.py: in which format), policy_schema.py to an
               editor, policy_test.py runs its tests (policy_test_shown.py: their results),
               policy_versions.py shows what was in force
policy_replay.py decides the journal again by other policies; replay_shown.py shows the result
lists.py       build, check and show lists of hashes, and add to them
rules.py       check YARA rules, and time them
scanner.py     try an admin's own scanners, and list all
config.py      check the configuration
keys.py        make and list the keys that sign what we send
doctor.py      look at the whole wiring, and say what is wrong
screen.py      show a stranger's text so that it can do no harm
"""
