/*
   Pages in a mail that say what no mail server says to the one who shall get mail: that
   mail for him waits and is released by a click.  A server tells a sender what it could
   not deliver; to its reader it has nothing to tell.  The words alone prove nothing, for
   people quote them; so the page has to be addressed to an inbox and to lead to the web.
*/
rule Notice_of_mail_that_waits
{
    meta:
        family = "Phishing"
        severity = "suspicious"
        description = "a page says that mail for its reader waits elsewhere, and leads there"
        reference = "MITRE ATT&CK T1566.002"
    strings:
        $page = /^(\xef\xbb\xbf)?[ \t\r\n]{0,64}</
        $waits = /(incoming|pending|undelivered|suspended|held|blocked|quarantined) (e-?mails?|messages?)[^<.]{0,40} (could not be|cannot be|were not|have not been|failed to be) delivered/ nocase
        $inbox = /to your (inbox|mailbox|mail box|account)/ nocase
        $leads = /<a [^>]{0,400}href[ \t\r\n]{0,16}=[ \t\r\n]{0,16}["']?https?:/ nocase
    condition:
        $page at 0 and $waits and $inbox and $leads
}
