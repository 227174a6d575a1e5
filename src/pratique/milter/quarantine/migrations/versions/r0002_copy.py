"""Find the copy of an earlier try by each of its recipients; the folders fill both tables anew."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this layout."""
    op.drop_table("message")
    op.create_table(
        "message",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("stamp", sa.Text, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
    )
    op.create_table(
        "copy",
        sa.Column("same", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
    )
    op.create_index("ix_copy_id", "copy", ["id"])


def downgrade() -> None:
    """Go back to an empty index."""
    op.drop_table("copy")
    op.drop_table("message")
    op.create_table(
        "message",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("stamp", sa.Text, nullable=False),
        sa.Column("same", sa.Text, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
    )
    op.create_index("ix_message_same", "message", ["same"])
