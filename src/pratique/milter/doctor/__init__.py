"""Look at everything that Pratique is wired to, and report the state of each thing.

    line.py     START HERE: what is reported, and about which case
    rounds.py   all checks at the same time, each within a time limit
    access.py   what another user may do with a file

    service.py  the running service, its sockets and their owners
    postfix.py  Postfix: postfix_conf.py reads it, places.py tells which place is which,
                postfix_milter.py, postfix_filter.py and postfix_behind.py say what it means
    next_hop.py the servers that mail goes to
    engines.py  engines; clamd.py its socket and its limits
    signatures.py  how old all signatures are
    own.py      configuration, policy, rules, lists, families
    versions.py which policy is in force, and whether it is kept
    sent.py     keys that sign what we send, and the ledger of it
    certificates.py  what listeners show
    dns.py      lists by DNS, our own name
    outbox.py   notices that wait
    clock.py    the clock
    disk.py     the state folder, and room in it
    kernel.py   confinement, outside programs, memory

Nothing here changes anything: not a file, not a queue, not a setting.
"""

from pratique.milter.doctor.certificates import certificates
from pratique.milter.doctor.clamd import clamd
from pratique.milter.doctor.clock import clock, synchronised
from pratique.milter.doctor.disk import disk
from pratique.milter.doctor.dns import lists as lists_by_dns
from pratique.milter.doctor.dns import own_names
from pratique.milter.doctor.engines import engines
from pratique.milter.doctor.kernel import memory, programs, workers
from pratique.milter.doctor.line import Check
from pratique.milter.doctor.next_hop import next_hops
from pratique.milter.doctor.outbox import outbox
from pratique.milter.doctor.own import lists, policy, readable
from pratique.milter.doctor.postfix import postfix
from pratique.milter.doctor.sent import ledger, stamps
from pratique.milter.doctor.service import listening, owners, service
from pratique.milter.doctor.signatures import in_files, of_engines
from pratique.milter.doctor.versions import versions

CHECKS: tuple[Check, ...] = (
    Check("service", service),
    Check("service", listening),
    Check("service", owners),
    Check("postfix", postfix),
    Check("next hop", next_hops),
    Check("engines", engines),
    Check("engines", clamd),
    Check("signatures", in_files),
    Check("signatures", of_engines),
    Check("policy", policy),
    Check("policy", versions),
    Check("policy", readable),
    Check("policy", lists),
    Check("sent mail", stamps),
    Check("sent mail", ledger),
    Check("notices", outbox),
    Check("certificates", certificates),
    Check("dns", own_names),
    Check("dns", lists_by_dns),
    Check("clock", clock),
    Check("clock", synchronised),
    Check("disk", disk),
    Check("kernel", workers),
    Check("kernel", programs),
    Check("kernel", memory),
)
