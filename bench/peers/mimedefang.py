"""Set up MIMEDefang: four workers, the whole mail to clamd, then the names of its parts.

Its program reads the admin's filter from /etc/mail, and the multiplexor that embeds it has
no option for another place.  So a copy of the program is run that names our filter.
"""

from pathlib import Path

from peers.peer import Command, Peer, Place, installed

USER = "defang"
PROGRAM, USUAL = Path("/usr/bin/mimedefang.pl"), "/etc/mail/mimedefang-filter"
# The filter that an admin writes, in Perl; `re_match` and the rest are MIMEDefang's.
FILTER = r"""
$AdminAddress = 'postmaster@localhost'; $AdminName = 'x'; $DaemonAddress = 'md@localhost';
$AddWarningsInline = 0; $Stupidity{"NoMultipleInlines"} = 0;
detect_and_load_perl_modules();
sub filter_begin {
    my($entity) = @_;
    md_copy_orig_msg_to_work_dir_as_mbox_file();
    my($code, $category, $action) = message_contains_virus_clamd("CLAMD");
    if ($category eq "virus") { return action_bounce("virus found"); }
    if ($action eq "tempfail") { return action_tempfail("scanner: $code $category"); }
}
sub filter {
    my($entity, $name, $extension, $type) = @_;
    return if message_rejected();
    return action_bounce("bad name") if re_match($entity, '\.(exe|pif|scr|vbs|lnk)\.*$');
    return action_accept();
}
sub filter_multipart { return action_accept(); }
1;
"""


def prepare(place: Place) -> tuple[Command, ...]:
    """Write its filter; the multiplexor and the milter before it."""
    place.folder.chmod(0o777)
    spool = place.own("spool", USER)
    spool.chmod(0o750)
    written = place.folder / "filter"
    written.write_text(FILTER.replace("CLAMD", str(place.clamd)))
    program = place.folder / "mimedefang.pl"
    program.write_text(PROGRAM.read_text().replace(USUAL, str(written)))
    program.chmod(0o755)
    asked = str(spool / "multiplexor.sock")
    size = "-m 4 -x 4 -r 500 -i 600 -b 600 -c 600 -q 50 -Q 300".split()
    where = ("-U", USER, "-z", str(spool))
    workers = ("-f", str(program), "-s", asked, "-E", "-D")
    return (
        ("mimedefang-multiplexor", *where, *workers, *size),
        ("mimedefang", "-q", "-D", *where, "-m", asked, "-p", str(place.socket), "-X", "-G"),
    )


PEER = Peer("mimedefang", prepare, installed("mimedefang", "mimedefang-multiplexor"))
