"""When to warn before a time limit ends is part of the limit's row (domain.md 4.5: 70 per cent)."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("ticket_limits", sa.Column("warn_percent", sa.Integer(), nullable=False, server_default="70"))
    op.alter_column("ticket_limits", "warn_percent", server_default=None)


def downgrade() -> None:
    op.drop_column("ticket_limits", "warn_percent")
