"""When an approved request's people were put on the suppression list."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema up."""
    op.add_column("rtbf_request", sa.Column("suppressed_at", sa.String(length=32), nullable=True))
