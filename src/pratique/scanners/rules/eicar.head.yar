/*
   The EICAR test file, by its definition (eicar.org, "Download anti malware testfile"):
   a file that begins with these 68 characters and is at most 128 long, the rest of it
   blanks, tabs, line ends or Ctrl-Z.  A text that talks about the string does not match.
   What is longer is never one, so nothing is looked for behind the head of a part.
*/
rule EICAR_test_file
{
    meta:
        family = "EICAR"
        severity = "malicious"
        description = "the EICAR test file: harmless, and meant to be found"
        reference = "https://www.eicar.org/download-anti-malware-testfile/"
    strings:
        $whole = /X5O!P%@AP\[4\\PZX54\(P\^\)7CC\)7\}\$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!\$H\+H\*[ \t\r\n\x1a]{0,60}/
    condition:
        filesize <= 128 and $whole at 0 and !whole[1] == filesize
}
