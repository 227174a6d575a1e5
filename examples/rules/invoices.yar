/*
   Forged invoices of a supplier of ours, as they came in November.
*/
rule Forged_invoice_of_Example_Ltd
{
    meta:
        severity = "malicious"
        description = "an invoice of Example Ltd with the bank account of somebody else"
        reference = "https://intranet.example.org/incidents/2026-11"
    strings:
        $supplier = "Example Ltd" nocase ascii wide
        $account = /GB82[ ]?WEST[ ]?1234[ ]?5698[ ]?7654[ ]?32/
    condition:
        filesize < 5MB and all of them
}

/* Worth knowing, and no more: the shipped policy passes over `information`. */
rule Mentions_a_bank_account
{
    meta:
        severity = "information"
    strings:
        $account = /\bGB[0-9]{2}[ ]?[A-Z]{4}[ ]?[0-9]{4}/
    condition:
        $account
}
