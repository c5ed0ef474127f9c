"""Tables and functions of Procrastinate, the job queue in PostgreSQL (design, decision 11).

The schema comes with the pinned library; its next release brings its own migration, which becomes ours then.
"""

from alembic import op
from procrastinate.schema import SchemaManager

from services.migrations.script import run_script

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_script(op.get_bind(), SchemaManager.get_schema())


def downgrade() -> None:
    raise NotImplementedError("jobs would be lost")
