"""Set up amavis as a relay: four children, its unpackers, clamd; nothing about spam.

Debian's `amavisd`; its programs are found where they are installed (see README.md).
"""

from peers.peer import Command, Peer, Place, installed

USER = "amavis"
CONFIG = r"""
use strict;
$max_servers = 4; $max_requests = 200; $daemon_user = 'amavis'; $daemon_group = 'amavis';
$mydomain = 'bench.example'; $myhostname = 'filter.bench.example';
$MYHOME = 'HOME'; $TEMPBASE = "$MYHOME/tmp"; $ENV{TMPDIR} = $TEMPBASE;
$QUARANTINEDIR = "$MYHOME/q"; $db_home = "$MYHOME/db"; $lock_file = "$MYHOME/lock";
$pid_file = "$MYHOME/pid"; $log_level = 0; $do_syslog = 0; $LOGFILE = "$MYHOME/log";
$enable_db = 0; $nanny_details_level = 0;
$enable_dkim_verification = 0; $enable_dkim_signing = 0;
@bypass_spam_checks_maps = (1); @local_domains_maps = (1); @mynetworks = qw(127.0.0.0/8);
$inet_socket_port = [PORT]; $inet_socket_bind = '127.0.0.1'; $unix_socketname = undef;
$forward_method = 'smtp:[127.0.0.1]:SINK'; $notify_method = 'smtp:[127.0.0.1]:SINK';
$final_virus_destiny = D_REJECT; $final_banned_destiny = D_PASS;
$final_bad_header_destiny = D_PASS; $final_spam_destiny = D_PASS;
$virus_quarantine_method = undef; $banned_files_quarantine_method = undef;
$bad_header_quarantine_method = undef; $virus_admin = undef;
$MAXLEVELS = 14; $MAXFILES = 3000;
$MIN_EXPANSION_QUOTA = 100*1024; $MAX_EXPANSION_QUOTA = 500*1024*1024;
$path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin:/usr/bin:/bin'; $file = 'file';
@keep_decoded_original_maps = (new_RE(qr'^MAIL$', qr'^MAIL-UNDECIPHERABLE$',
    qr'^(ASCII(?! cpio)|text|uuencoded|xxencoded|binhex)'i));
@decoders = (
    ['mail', \&do_mime_decode],
    ['Z', \&do_uncompress, ['uncompress', 'gzip -d', 'zcat']],
    ['gz', \&do_uncompress, 'gzip -d'], ['gz', \&do_gunzip],
    ['bz2', \&do_uncompress, 'bzip2 -d'],
    ['xz', \&do_uncompress, ['xzdec', 'xz -dc', 'unxz -c']],
    ['lzma', \&do_uncompress, ['xz -dc --format=lzma']],
    ['lzo', \&do_uncompress, 'lzop -d'],
    [['cpio', 'tar'], \&do_pax_cpio, ['pax', 'gcpio', 'cpio']],
    ['deb', \&do_ar, 'ar'], ['rar', \&do_unrar, ['unrar', 'rar']],
    ['arj', \&do_unarj, ['unarj', 'arj']], ['arc', \&do_arc, ['nomarch', 'arc']],
    ['zoo', \&do_zoo, ['zoo', 'unzoo']], ['cab', \&do_cabextract, 'cabextract'],
    ['tnef', \&do_tnef], [['zip', 'kmz'], \&do_7zip, ['7za', '7z']],
    [['zip', 'kmz'], \&do_unzip], ['7z', \&do_7zip, ['7zr', '7za', '7z']],
    [[qw(7z zip gz bz2 Z tar)], \&do_7zip, ['7za', '7z']],
    [[qw(xz lzma jar cpio arj rar swf lha iso cab deb rpm)], \&do_7zip, '7z']);
@av_scanners = (['ClamAV-clamd', \&ask_daemon, ["CONTSCAN {}\n", 'CLAMD'],
    qr/\bOK$/m, qr/\bFOUND$/m, qr/^.*?: (?!Infected Archive)(.*) FOUND$/m]);
@av_scanners_backup = ();
1;
"""


def prepare(place: Place) -> tuple[Command, ...]:
    """Write its configuration, which only root may own; what to run."""
    home = place.own("home", USER)
    for name in ("home/tmp", "home/db", "home/q"):
        place.own(name, USER)
    words = {"HOME": home, "PORT": place.port, "SINK": place.sink, "CLAMD": place.clamd}
    written = CONFIG
    for word, value in words.items():
        for before, after in (("'", "'"), ("[", "]"), (":", "'")):
            written = written.replace(f"{before}{word}{after}", f"{before}{value}{after}")
    config = place.folder / "amavisd.conf"
    config.write_text(written)
    config.chmod(0o644)
    return (("amavisd", "-c", str(config), "foreground"),)


PEER = Peer("amavis", prepare, installed("amavisd"), entry="smtp")
