/*
   The shapes of the worms that made mail filters necessary, in the words that were
   published of them.  A shape is three things in one message: what the subject or the
   text says, what the attachment is called, and that the attachment is a program.

   Nothing here rests on words alone: people write "test", quote a worm's text when they
   warn of it, and send "details.pdf" with "Please see the attached file for details".
   So every rule asks for an attachment whose name runs, and `malicious` is said only if
   the octets (in base64 or uuencode) begin like a program as well.  A zip file shows its
   members' names in plain octets: the zip rules look at the zip file itself.

   New copies of these worms are rare; new ones with their manners are not.
*/

private rule a_message
{
    condition:
        // a letter, and the colon of a field soon after it; no string, since a string is
        // looked for in the whole file and would match a million times in a long list
        uint8(0) > 0x40 and uint8(0) < 0x7b and for any i in (1..40) : (uint8(i) == 0x3a)
}

private rule an_encoded_program
{
    strings:
        // "MZ" and any third octet, in base64 right behind a part's header
        $base64 = /\r?\n\r?\nTV[opqr][A-Za-z0-9+\/]{50}/
        // "MZ" in uuencode, at the length that a full line has
        $uu = /\r?\nbegin [0-7]{3} [^\r\n]{1,250}\r?\nM35[\x20-\x60]{10}/
    condition:
        any of them
}

private rule an_encoded_zip
{
    strings:
        $base64 = /\r?\n\r?\nUEsDB[A-Za-z0-9+\/]{50}/
    condition:
        $base64
}

private rule a_zip_of_one
{
    strings:
        $end = "PK\x05\x06"
        $entry = "PK\x01\x02"
    condition:
        uint32(0) == 0x04034b50 and #entry == 1 and $end
}

private rule mydoom_words
{
    strings:
        $subject = /(^|\n)Subject:[ \t]*(test|hi|hello|Mail Delivery System|Mail Transaction Failed|Server Report|Status|Error|Delivery Error|Returned mail|Unable to deliver the message|report|delivery failed|Message could not be delivered|Mail System Error - Returned Mail|Delivery reports about your e-mail|Returned mail: (see transcript for details|Data format error))?[ \t]*\r?\n/ nocase
        $a1 = "cannot be represented in 7-bit ASCII encoding and has been sent as a binary attachment" nocase
        $a2 = "contains Unicode characters and has been sent as a binary attachment" nocase
        $a3 = "contains MIME-encoded graphics and has been sent as a binary attachment" nocase
        $a4 = "Mail transaction failed. Partial message is available." nocase
        $a5 = "occured during SMTP session. Partial message has been received." nocase
        $m1 = "used to send a huge amount of" nocase
        $m2 = "used to send a large amount of" nocase
        $m3 = "was not reachable within the allowed queue period" nocase
        $m4 = "The following addresses had permanent fatal errors" nocase
    condition:
        any of them
}

private rule mydoom_lost_mail
{
    meta:
        note = "the words of .M, whose attachment was called as the recipient or his domain"
    strings:
        $m1 = /used to send a (huge|large) amount of/ nocase
        $m2 = "was not reachable within the allowed queue period" nocase
        $m3 = "The following addresses had permanent fatal errors" nocase
        $address = /name="?[a-z0-9._+-]{1,64}@[a-z0-9.-]{3,100}\.(pif|scr|exe|cmd|bat|com|zip)"?[;\r\n]/ nocase
        $domain = /name="?[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){1,4}\.(pif|scr|exe|cmd|bat|com)"?[;\r\n]/ nocase
    condition:
        any of ($m*) and ($address or ($domain and an_encoded_program))
}

private rule mydoom_name
{
    strings:
        $name = /name="?(document|readme|doc|text|file|data|test|message|body|instruction|transcript|mail|letter|attachment)(\.(htm|html|txt|doc)[ ]*)?\.(pif|scr|exe|cmd|bat|com)"?[;\r\n]/ nocase
    condition:
        $name
}

rule Mydoom_program
{
    meta:
        family = "Mydoom"
        severity = "malicious"
        description = "a program with a name and the words of Mydoom (2004)"
        reference = "W32/Mydoom.A, .B, .M: eset.com shimgapi; US-CERT; f-secure mydoom_b"
    condition:
        a_message and mydoom_words and mydoom_name and an_encoded_program
}

rule Mydoom_shape
{
    meta:
        family = "Mydoom"
        severity = "suspicious"
        description = "an attachment that runs, with a name and the words of Mydoom"
        reference = "W32/Mydoom.A, .B, .M: eset.com shimgapi; US-CERT; f-secure mydoom_b"
    condition:
        a_message and mydoom_words and mydoom_name and not an_encoded_program
}

rule Mydoom_lost_mail
{
    meta:
        family = "Mydoom"
        severity = "suspicious"
        description = "the false bounce of Mydoom.M, with an attachment called as an address"
        reference = "W32/Mydoom.M: about.com mydoomo; iet.ucdavis.edu 2/16/05"
    condition:
        a_message and mydoom_lost_mail and (an_encoded_program or an_encoded_zip)
}

rule Mydoom_fake_error
{
    meta:
        family = "Mydoom"
        severity = "suspicious"
        description = "Mydoom's claim that the message itself was sent as an attachment, with a zip file"
        reference = "W32/Mydoom.A: eset.com shimgapi"
    strings:
        $claim = /\n(The message (cannot be represented in 7-bit ASCII encoding|contains (Unicode characters|MIME-encoded graphics)) and has been sent as a binary attachment|Mail transaction failed\. Partial message is available|Error #[0-9]{3} occured during SMTP session)/ nocase
        $name = /name="?[a-z_]{3,20}\.zip"?[;\r\n]/ nocase
    condition:
        a_message and $claim and $name and an_encoded_zip
}

rule Mydoom_zip
{
    meta:
        family = "Mydoom"
        severity = "suspicious"
        description = "a zip file of one program that is called as Mydoom called it"
        reference = "W32/Mydoom.A: eset.com shimgapi; helpnetsecurity.com 2004/01/28"
    strings:
        $name = /PK\x03\x04[\x00-\xff]{26}(document|readme|doc|text|file|data|test|message|body|instruction|transcript|mail|letter|attachment)(\.(htm|html|txt|doc) *)?\.(pif|scr|exe|cmd|bat|com)/ nocase
    condition:
        a_zip_of_one and $name at 0 and !name[1] == 30 + uint16(26)
}

private rule netsky_name
{
    strings:
        // .D: 22 fixed names
        $d = /name="?(all_document|application|document(_4351|_excel|_full|_word)?|message_(details|part2)|mp3music|my_details|your_(archive|bill|details|document|file|letter|picture|product|text|website)|yours)\.pif"?[;\r\n]/ nocase
        // .L, .N, .P: a word and the recipient's local part; or "message.scr"
        $p = /name="?(document|file|details|information|letter|product|website|bill|message|data|mail|msg)(_[a-z0-9._-]{1,64}|[0-9]{1,5})?(\.(txt|doc|htm|rtf) *)?\.(exe|scr|pif)"?[;\r\n]/ nocase
        // .Y: a program that reads like an address of the web
        $y = /name="?www\.[a-z0-9.-]{3,80}\.session-[0-9]{8}\.com"?[;\r\n]/ nocase
    condition:
        any of them
}

private rule netsky_words
{
    strings:
        $subject = /(^|\n)Subject:[ \t]*(Re: )+(Approved|Details|Document|Excel file|Hello|Hi|Here( is the document)?|Message|My details|Thanks!|Thank you!|Word file|Your (archive|bill|details|document|letter|music|picture|product|software|text|website)|(my |approved |important )?(document|file|details|information|letter|product|website|bill))[ \t]*\r?\n/ nocase
        $false_notice = /(^|\n)Subject:[ \t]*(Delivery (Failed|Bot|failure notice \(ID-[0-9]{8}\))|Deliver Mail|Mail Delivery failure|Server Error|Unknown Exception)/ nocase
        $safe = "+++ Attachment: No Virus found" nocase
        $failed = "------------- failed message -------------" nocase
        $available = /\n(Partial|External|New|Delivered) message is available/ nocase
        $b1 = "Your file is attached." nocase
        $b2 = "Please have a look at the attached file." nocase
        $b3 = "Please read the attached file." nocase
        $b4 = "Your document is attached." nocase
    condition:
        any of them
}

rule Netsky_program
{
    meta:
        family = "Netsky"
        severity = "malicious"
        description = "a program with a name and the words of Netsky (2004)"
        reference = "W32/Netsky.D, .L, .P, .Q, .Y: sophos.com netskyl; f-secure netsky_p, netsky_y"
    condition:
        a_message and netsky_words and netsky_name and an_encoded_program
}

rule Netsky_shape
{
    meta:
        family = "Netsky"
        severity = "suspicious"
        description = "an attachment that runs, with a name and the words of Netsky"
        reference = "W32/Netsky.D, .L, .P, .Q, .Y: sophos.com netskyl; f-secure netsky_p, netsky_y"
    condition:
        a_message and netsky_words and netsky_name and not an_encoded_program
}

rule Netsky_pretended_safety
{
    meta:
        family = "Netsky"
        severity = "suspicious"
        description = "the text says that a scanner found no virus, above an archive or a program"
        reference = "W32/Netsky.P: f-secure netsky_p"
    strings:
        $safe = /\n\+\+\+ (Attachment: )?No Virus found/ nocase
        $name = /name="?[^"\r\n]{1,200}\.(zip|pif|scr|exe|com)"?[;\r\n]/ nocase
    condition:
        a_message and $safe and $name
}

rule Netsky_zip
{
    meta:
        family = "Netsky"
        severity = "suspicious"
        description = "a zip file of one program that is called as Netsky called it"
        reference = "W32/Netsky.P, .Q: f-secure netsky_p"
    strings:
        $name = /PK\x03\x04[\x00-\xff]{26}(document|file|details|information|letter|product|website|bill|message|data|mail|msg)_[a-z0-9._-]{1,64}(\.(txt|doc|htm|rtf) *)?\.(exe|scr|pif)/ nocase
    condition:
        a_zip_of_one and $name at 0 and !name[1] == 30 + uint16(26)
}

rule Bagle_program
{
    meta:
        family = "Bagle"
        severity = "malicious"
        description = "a program with the words of Bagle.A (2004)"
        reference = "W32/Bagle.A: itworldcanada.com 14841"
    strings:
        $subject = /(^|\n)Subject:[ \t]*Hi[ \t]*\r?\n/ nocase
        $body = /\nTest =\)\r?\n[a-z]{1,40}\r?\n--\r?\nTest, yep\./ nocase
        $name = /name="?[a-z]{2,20}\.exe"?[;\r\n]/ nocase
    condition:
        a_message and $subject and $body and $name and an_encoded_program
}

rule Bagle_password_zip
{
    meta:
        family = "Bagle"
        severity = "suspicious"
        description = "an encrypted zip file of one program, and words about its password"
        reference = "W32/Bagle.J, .N, .KL: dnet.net bagle.j; sophos.com va_baglegraphic, baglekl"
    strings:
        $zip = /name="?(attach|body|data|doc|document|file|info|information|letter|message|moreinfo|msg|readme|test|text|textdocument|[A-Z][a-z]{2,12})\.zip"?[;\r\n]/
        $zip_any = /name="?(attach|body|data|doc|document|file|info|information|letter|message|moreinfo|msg|readme|test|text|textdocument)\.zip"?[;\r\n]/ nocase
        $subject = /(^|\n)Subject:[ \t]*(E-?mail account (security|disabling|utilization) warning|Notify about (using the|your) e-?mail account|Warning about your e-?mail account|Important notify about your e-?mail account)/ nocase
        $text = /attached file is (password protected|protected with the password)/ nocase
        $picture = /(Password is|Zip password:?|Archive password is|Use password) <img [^>]{1,200}cid:/ nocase
        // bit 0 of the flags, the seventh octet of the zip file, is set: seen through base64
        $encrypted = /\r?\n\r?\nUEsDB[A-Za-z0-9+\/]{4}[Q-Za-fw-z0-9+\/]/
    condition:
        a_message and ($zip or $zip_any) and $encrypted
        and ($picture or ($subject and $text))
}

private rule mytob_words
{
    strings:
        $subject = /(^|\n)Subject:[ \t]*(Your (Email )?Account is Suspended|\*DETECTED\* Online User Violation|Notice: \*\*Last Warning\*\*|\*(IMPORTANT|WARNING)\* (Please Validate Your Email Account|Your (Email )?Account (Has Been Locked|Will Be Closed))|Email Account Suspension|Security measures|Notice of account limitation|Your password has been updated)/ nocase
        $b1 = "Once you have completed the form in the attached file , your account records" nocase
        $b2 = "To unblock your email account acces, please see the attachement" nocase
        $b3 = "your account has been suspended due to the violation of our site policy" nocase
        $b4 = "Account Information Are Attached!" nocase
        $b5 = "To safeguard your email account from possible termination" nocase
        $b6 = "We have suspended some of your email services" nocase
    condition:
        any of them
}

private rule mytob_name
{
    strings:
        $name = /name="?(document_full|email-(doc|info|text)|IMPORTANT|information|info(-text)?|your_details|body|data|doc|document|file|message|readme|test|text)(\.(htm|txt|doc) *)?\.(bat|cmd|exe|pif|scr)"?[;\r\n]/ nocase
    condition:
        $name
}

rule Mytob_program
{
    meta:
        family = "Mytob"
        severity = "malicious"
        description = "a program with a name and the threats of Mytob (2005)"
        reference = "W32/Mytob: trendmicro WORM_MYTOB.EQ; myitforum.com 2005/05/10"
    condition:
        a_message and mytob_words and mytob_name and an_encoded_program
}

rule Mytob_shape
{
    meta:
        family = "Mytob"
        severity = "suspicious"
        description = "an attachment that runs, with a name and the threats of Mytob"
        reference = "W32/Mytob: trendmicro WORM_MYTOB.EQ; myitforum.com 2005/05/10"
    condition:
        a_message and mytob_words and mytob_name and not an_encoded_program
}

rule Mytob_zip
{
    meta:
        family = "Mytob"
        severity = "suspicious"
        description = "a zip file of one program that is called as Mytob called it"
        reference = "W32/Mytob: trendmicro WORM_MYTOB.EQ"
    strings:
        $name = /PK\x03\x04[\x00-\xff]{26}(document_full|email-(doc|info|text)|IMPORTANT|information|info-text|INFO|your_details)(\.(htm|txt|doc) *)?\.(bat|cmd|exe|pif|scr)/ nocase
    condition:
        a_zip_of_one and $name at 0 and !name[1] == 30 + uint16(26)
}

rule Wurmark_zip
{
    meta:
        family = "Wurmark"
        severity = "suspicious"
        description = "a zip file of one program that is called as Wurmark called it (2005)"
        reference = "W32/Wurmark.J: sophos.com w32wurmarkj"
    strings:
        $name = /PK\x03\x04[\x00-\xff]{26}(details|girls|image|love|message|music|news|photo|pic|readme|resume|screensaver|song|video)(\.(txt|jpg|doc|htm) *)?\.(scr|pif|exe)/ nocase
    condition:
        a_zip_of_one and $name at 0 and !name[1] == 30 + uint16(26)
}

private rule sobig_words
{
    strings:
        $subject = /(^|\n)Subject:[ \t]*(Re: (Approved|Details|Re: My details|Thank you!|That movie|Wicked screensaver|Your application)|Thank you!|Your details)[ \t]*\r?\n/ nocase
        $body = /\n(Please )?see the attached file for details/ nocase
    condition:
        $subject and $body
}

private rule sobig_name
{
    strings:
        $name = /name="?(your_document|document_all|thank_you|your_details|details|document_9446|application|movie0045|wicked_scr)\.(pif|scr)"?[;\r\n]/ nocase
    condition:
        $name
}

rule Sobig_program
{
    meta:
        family = "Sobig"
        severity = "malicious"
        description = "a program with a name and the words of Sobig.F (2003)"
        reference = "W32/Sobig.F: snopes.com sobigf; fortiguard sobig.f.email"
    condition:
        a_message and sobig_words and sobig_name and an_encoded_program
}

rule Sobig_shape
{
    meta:
        family = "Sobig"
        severity = "suspicious"
        description = "an attachment that runs, with a name and the words of Sobig.F"
        reference = "W32/Sobig.F: snopes.com sobigf; fortiguard sobig.f.email"
    condition:
        a_message and sobig_words and sobig_name and not an_encoded_program
}
