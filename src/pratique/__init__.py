"""Let mail in once it is shown to be free of disease.

The idea in four words: see, ask, decide, act.

    scanners/   SEE     turns a message into parts and parts into facts.  The only
                        room that reads what a stranger wrote; it runs in confined
                        processes that reach nothing.  Imports nothing of ours.
    policies/   DECIDE  turns facts into a verdict by rules that a mail admin wrote.
                        Pure: no I/O, no clock.  Imports the nouns of scanners.
    milter/     ACT     takes mail from the wire, has it seen and decided, carries
                        the verdict out.  It passes content on and never reads it.
                        Imports both.

Start reading at `milter/pipeline.py`: one message's way, top to bottom.  What else is in
`milter/` (its map stands here, because it has no `__init__.py`):

    cli/             the commands, one file each
    config.py        settings, their models in sections/; config_types.py reads what is written in
                     them, config_problems.py says what is wrong
    assembly.py      settings become the parts of a service
    keeping.py       what must not end is begun again
    supervisor/      the one process that starts, restarts, reloads and drains the others
    serving/         what runs in the process of one door
    doors/           where mail comes in
    mail.py          the nouns: envelope, content, a content as it goes out
    content.py       octets in a sealed memfd
    wall/            the near side of the wall: workers look at messages, and are not believed
    programs/        outside programs unpack what no reader of ours opens, in bubblewrap
    engines/         other programs (clamd, ICAP servers) look at octets, beside the workers;
                     pattern.py finds a name in a line that one says
    families.py      what the names mean that they give
    lists/           feeds of hashes become files that workers search
    sources.py       how old signatures in files are; ages.py tells of those that are too old
    deadline.py      one budget of time a message
    scanner_trial.py a scanner of one's own is tried, part by part; rule_trial.py YARA rules
    seeing.py        messages in files are looked at, without acting
    doctor/          the whole wiring is looked at: what is wrong, and what to do
    lookups/         ASK the world: facts about an envelope
    policy_file.py   a policy is found by its path or its name
    policy_trial.py  the tests of a policy are run, with the messages that they name
    versions.py      every policy that was ever in force, by its hash; history.py says since when
    judging.py       seen, asked, decided
    shadowing.py     a whole policy is asked beside, and changes nothing
    can_do.py        what of a policy the configured doors cannot carry out
    actions.py       verdicts become one plan, with a share for each group of recipients
    own_fields.py    fields of ours are put in front: stamps, Authentication-Results
    restamping.py    and stamps once more, where held mail of ours is released
    rewriting.py     what a rule wants changed is changed, and looked at again;
                     taking_out.py finds what goes, recipe.py puts together what is left
    carry_out.py     the plan is carried out, in the order that keeps the promises;
                     sharing.py gives each group its share, ways.py says how mail can leave
    delivered.py     who has a message although its client was told to come again;
                     identity.py knows that message again
    too_large.py     what is known of a message that nobody looks into
    next_hop/        where accepted mail goes
    quarantine/      held messages
    stores/          a folder with a file a day, as the journal and the ledger have one
    journal/         facts and verdict of every message, for `why`
    replay/          messages are decided again by another policy, and both are compared
    sent/            our own mail is known again when it comes back: keys, stamps, ledger
    released.py      a released message is known again when it comes back
    durable.py       files that are on the disk when they are said to be
    became.py        what became of a message, told to the log, the journal and the counters
    outcome.py       the words for what came of it: delivered, held, refused
    notices/         short mails to somebody of ours, from an outbox that is written first
    alerts/          what comes too often, and what somebody should wake up for
    logs.py          one line an event
    counters.py      what is counted

What crosses between the rooms is `scanners/facts.proto`.  `milter/` has no
`__init__.py`, so that it never shadows the C module `milter` that pymilter brings.
"""

__version__ = "0.1.0"
