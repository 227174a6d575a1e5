"""Bring an index that an earlier version of us wrote to the present layout, by Alembic."""

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.engine import Connection

from pratique.milter.quarantine.schema import UnknownLayout


def upgrade(connection: Connection) -> None:
    """Run what is missing.  Raises UnknownLayout where none of ours leads on from there."""
    config = Config()
    config.set_main_option("script_location", "pratique.milter.quarantine:migrations")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise UnknownLayout(str(error)) from error
