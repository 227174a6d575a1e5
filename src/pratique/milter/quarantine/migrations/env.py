"""Run migrations on the connection that `migrating.upgrade` hands in.

Alembic loads this file by its path.  There is no other way in: no database address
is configured, so Alembic's own command line has nothing to connect to.
"""

from alembic import context

from pratique.milter.quarantine.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
