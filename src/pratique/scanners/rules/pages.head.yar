/*
   Pages that ask for a password and send it elsewhere.  No mail program sends a form, and
   nobody who may ask for a password has it asked by a file in a mail.  The part itself
   has to begin as a page does: a text that quotes such a form does not match.
*/
rule Page_asks_for_password
{
    meta:
        family = "Phishing"
        severity = "suspicious"
        description = "the page asks for a password and sends it to another host"
        reference = "MITRE ATT&CK T1566.001, T1056.003"
    strings:
        $page = /^(\xef\xbb\xbf)?[ \t\r\n]{0,64}</
        $form = /<form[^>]{1,1000}action[ \t\r\n]{0,16}=[ \t\r\n]{0,16}["']?[ \t\r\n]{0,16}(https?:)?\/\// nocase
        $asks = /<input[^>]{1,1000}type[ \t\r\n]{0,16}=[ \t\r\n]{0,16}["']?password/ nocase
    condition:
        $page at 0 and $form and $asks
}
