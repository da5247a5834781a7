"""Where an erased person stands, beside what declared keys hold."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema up."""
    op.add_column("rtbf_finding", sa.Column("places", sa.Text(), server_default="[]", nullable=False))
