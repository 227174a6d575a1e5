"""The heads of ICAP answers, as makers of engines document them."""

import pytest

from pratique.milter.engines.icap_says import BLOCKED, UNNAMED, said_of
from pratique.milter.engines.plain import FINDINGS
from pratique.milter.engines.web_heads import head_of


@pytest.fixture
def read():
    """What an answer says: names and severities, and limits."""

    def read(icap, http=""):
        def head(protocol, fields, status="200 OK"):
            lines = "".join(f"{line}\r\n" for line in fields.splitlines())
            return head_of(f"{protocol} {status}\r\n{lines}\r\n".encode())

        status, _, fields = http.partition("\n")
        inner = head("HTTP/1.1", fields, status) if http else None
        said = said_of(head("ICAP/1.0", icap), inner, "malicious")
        return [(one.name, one.severity) for one in said.findings], list(said.limits)

    return read


BAD = "malicious"
KIND_0 = "X-Infection-Found: Type=0; Resolution=2;"
KIND_2 = "X-Infection-Found: Type=2; Resolution=2;"
ENCRYPTED = "Encrypted container violation"


@pytest.mark.parametrize(
    ("icap", "http", "findings", "limits"),
    [
        # Nothing.
        ("", "200 OK", [], []),
        ("X-Virus-ID: no threats\nX-Response-Info: passed", "200 OK", [], []),
        ("X-Response-Info: Allowed", "200 OK", [], []),
        ("X-Violations-Found: 0", "", [], []),
        ("X-FSecure-Scan-Result: clean", "200 OK", [], []),
        # A description alone is also of what passes (Trend Micro).
        ("X-Response-Desc: FILE: No risk", "200 OK", [], []),
        ("X-Blocked: false", "200 OK", [], []),
        # The draft's, as c-icap, Kaspersky, ESET, Trend Micro and OPSWAT write it.
        (f"{KIND_0} Threat=Worm;", "403 No", [("Worm", BAD)], []),
        ("x-infection-found: type=0;resolution=0;threat=A B", "", [("A B", BAD)], []),
        (f"{KIND_0} Threat=a; b;", "", [("a; b", BAD)], []),
        (f"{KIND_0} Threat=;", "", [(UNNAMED, BAD)], []),
        ("X-Infection-Found: Worm", "", [("Worm", BAD)], []),
        ("X-Infection-Found:", "", [(UNNAMED, BAD)], []),
        (KIND_0.replace("0", "1") + "Threat=Policy;", "", [("Policy", "suspicious")], []),
        (f"{KIND_2} Threat=Encrypted container violation;", "403 No", [], [ENCRYPTED]),
        # c-icap, and Symantec: the name stands in both.
        (f"{KIND_0} Threat=Worm;\nX-Violations-Found: 1\n\t-\n\tWorm\n\t0\n\t0", "403 No",
         [("Worm", BAD)], []),
        ("X-Violations-Found: 2\n\ta.zip\n\tWorm\n\t0\n\t0\n\tb.exe\n\tOther\n\t10\n\t1", "",
         [("Worm", BAD), ("Other", BAD)], []),
        ("X-Violations-Found: 1", "", [(UNNAMED, BAD)], []),
        ("X-Violations-Found: 1\n\tfile", "", [(UNNAMED, BAD)], []),
        # Clearswift and OPSWAT: the container is told as well.
        (f"{KIND_2} Threat={ENCRYPTED};\nX-Violations-Found: 1\n\ta.zip\n\t{ENCRYPTED}\n\t0\n\t0",
         "", [], [ENCRYPTED]),
        # Sophos, McAfee, F-Secure.
        ("X-Virus-ID: Troj/DocDl-OYC", "200 OK", [("Troj/DocDl-OYC", BAD)], []),
        ("X-Virus-Name: EICAR test file", "", [("EICAR test file", BAD)], []),
        ('X-FSecure-Scan-Result: infected\nX-FSecure-Infection-Name: "Malware.X"', "",
         [("Malware.X", BAD)], []),
        ("", "200 OK\nX-Virus-ID: Inner", [("Inner", BAD)], []),
        # ESET says the same twice; the first is the better name.
        ("X-Infection-Found: Type=0; Resolution=0; Threat=VBA/A.B;\nX-Virus-ID: Trojan", "",
         [("VBA/A.B", BAD)], []),
        # Blocked, without a name: Kaspersky, Sophos, OPSWAT, any page, a page elsewhere.
        ("X-Virus-ID: no threats\nX-Response-Info: blocked", "", [(BLOCKED, "suspicious")], []),
        ("", "200 OK\nX-Blocked: Virus found during virus scan", [(BLOCKED, "suspicious")], []),
        ("X-Blocked-Reason: Infected", "200 OK", [(BLOCKED, "suspicious")], []),
        ("X-FSecure-Scan-Result: infected", "", [(BLOCKED, "suspicious")], []),
        ("", "403 Forbidden", [(BLOCKED, "suspicious")], []),
        ("", "307 Temporary Redirect\nLocation: http://proxy/", [(BLOCKED, "suspicious")], []),
    ],
)  # fmt: skip
def test_a_head_is_read_as_its_maker_means_it(read, icap, http, findings, limits):
    assert read(icap, http) == (findings, limits)


def test_a_note_says_more_for_a_person():
    icap = head_of(
        b"ICAP/1.0 200 OK\r\nX-Violations-Found: 1\r\n\tb.exe\r\n\tWorm\r\n\t0\r\n\t0\r\n\r\n"
    )
    assert said_of(icap, None, "malicious").findings[0].note == "in b.exe"
    icap = head_of(b"ICAP/1.0 200 OK\r\nX-Response-Desc: Macro\r\n\r\n")
    http = head_of(b"HTTP/1.1 403 Forbidden\r\n\r\n")
    note = said_of(icap, http, "malicious").findings[0].note
    assert note == "HTTP 403 Forbidden; x-response-desc: Macro"


def test_there_are_so_many_findings_and_no_more(read):
    many = "".join(f"\tf\n\tWorm{number}\n\t0\n\t0\n" for number in range(FINDINGS + 1))
    findings, _ = read(f"X-Violations-Found: {FINDINGS + 1}\n{many}")
    assert len(findings) == FINDINGS


def test_a_name_is_printable_and_cut(read):
    ((name, _),), _ = read("X-Virus-ID: " + "\u202e" + "a" * 1000)
    assert name == "a" * 200
