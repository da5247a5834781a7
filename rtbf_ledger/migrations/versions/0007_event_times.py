"""From when a readmission is lawful, and how many rows of a finding are about a time after the erasure."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema up."""
    op.add_column("rtbf_readmission", sa.Column("begins", sa.String(length=32), nullable=True))
    op.add_column("rtbf_finding", sa.Column("later", sa.Integer(), server_default="0", nullable=False))
