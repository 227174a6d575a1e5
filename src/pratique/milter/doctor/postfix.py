"""Check the settings of Postfix that must agree with ours.

postfix_conf.py reads them; postfix_milter.py, postfix_filter.py and postfix_behind.py say
what they mean: how Postfix asks us, and where it takes mail back.
"""

from collections.abc import AsyncIterator

from pratique.milter.doctor.line import Case, Line, ok, unseen
from pratique.milter.doctor.postfix_behind import behind
from pratique.milter.doctor.postfix_conf import NoPostfix, read
from pratique.milter.doctor.postfix_filter import filters, ways
from pratique.milter.doctor.postfix_milter import milters


async def postfix(case: Case) -> AsyncIterator[Line]:
    """Check what Postfix is told of us."""
    try:
        found = await read(case.postfix)
    except NoPostfix as why:
        yield unseen("what Postfix is told of us", f"{why}; --postfix names another folder")
        return
    settings = case.settings
    yield ok(f"Postfix {found.main.get('mail_version', '')}, {found.main['config_directory']}")
    for lines in (milters(found, settings), filters(found, settings), behind(found, settings)):
        for line in lines:
            yield line
    named = {way.listener.name for way in ways(found, settings)}
    for listener in settings.listeners:
        if listener.name not in named:
            yield unseen(
                f"how mail comes to the listener {listener.name}, {listener.address}",
                "this Postfix does not name it",
            )
