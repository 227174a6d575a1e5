"""Find the links of Office documents: their relations (ECMA-376 part 2, 9.3).

What a document leads to stands in members `_rels/NAME.rels`, with TargetMode="External"; a
picture that is loaded from there is no link, and what is loaded as a template is left to
the scanner of documents.
"""

import re
from collections.abc import Iterator

from pratique.scanners.containers.pages.tags import tags

EXTENSION = "rels"
_EXTERNAL = re.compile(r"external", re.IGNORECASE)
_RELATION = frozenset({"relationship"})
_HYPERLINK = "/hyperlink"


def relations(text: str) -> Iterator[str]:
    """Where the hyperlinks of a document lead."""
    if _EXTERNAL.search(text) is None:
        return
    for tag in tags(text, _RELATION, xml=True):
        given = tag.attributes
        external = given.get("targetmode", "").lower() == "external"
        if external and given.get("type", "").lower().endswith(_HYPERLINK):
            yield given.get("target", "")
