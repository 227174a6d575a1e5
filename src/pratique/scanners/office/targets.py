r"""Judge the address of a thing that a document fetches by itself when it is opened.

A template, an object, a frame or a picture may lie elsewhere (ECMA-376 part 2, 9.3: a
relationship with `TargetMode="External"`; RTF 1.9.1 `\*\template`).  Word fetches a template
before anybody has read a word, with its macros; so a document without macros brings some.

A path on a disk and a server by its short name (`\\files\templates\`) stand in what companies
write every day.  A host with dots or an address is another thing: Windows logs in there,
and gives its answer to the password away.  `mhtml:` and an address that ends with `!` have
the page behind it run with the rights of the document (CVE-2021-40444, CVE-2022-30190).
"""

import re
from urllib.parse import unquote

from pratique.scanners.documents.stated import INFORMATION, MALICIOUS, SUSPICIOUS, Severity

# Schemes behind which something runs.
_RUNS = ("mhtml:", "javascript:", "vbscript:", "script:", "ms-msdt:", "search-ms:", "search:",
         "ms-officecmd:", "data:text/html")  # fmt: skip
_MONIKER = re.compile(r"!x-usc:|^https?:.*!$", re.IGNORECASE | re.DOTALL)
_PROGRAM = re.compile(r"\.(?:hta|sct|wsc|wsf|vbs|vbe|js|jse|exe|scr|ps1|cmd|bat|cpl|msi)$")
_WEB = re.compile(r"(?:https?|ftp):/{2,3}([^/?#]{1,512})")
_SERVER = re.compile(r"(?:file:)?/{2,5}(?![a-z]:)([^/?#]{1,512})/")
# Where companies keep their templates, and Microsoft its own; outsiders are asked to log in.
_OFFICE_HOSTS = (".sharepoint.com", ".content.office.net")


def judge(target: str) -> Severity | None:
    """How grave it is that this is fetched; None for what lies on one's own disk."""
    address = unquote(target).strip().lower().replace("\\", "/")
    if address.startswith(_RUNS) or _MONIKER.search(address):
        return MALICIOUS
    web = _WEB.match(address)
    if web is not None:
        if _PROGRAM.search(re.split(r"[?#]", address)[0]):
            return MALICIOUS
        near = web[1].endswith(_OFFICE_HOSTS) or _is_near(web[1])
        return INFORMATION if near else SUSPICIOUS
    server = _SERVER.match(address)
    if server is not None:
        return INFORMATION if _is_near(server[1]) else SUSPICIOUS
    return None


def _is_near(host: str) -> bool:
    """Whether a server is one of the company's own network: it has a name without dots.

    `@SSL` and `@8080` ask by way of the web (WebDAV).
    """
    return not set(".@:[") & set(host) and not host.isdigit()
