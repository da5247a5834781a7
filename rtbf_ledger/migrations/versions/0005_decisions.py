"""Decisions about rows that only a shared identifier owns."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema up."""
    op.create_table(
        "rtbf_decision",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("asset", sa.String(length=250), nullable=False),
        sa.Column("choice", sa.String(length=10), nullable=False),
        sa.Column("because", sa.String(length=30), nullable=False),
        sa.Column("decided_at", sa.String(length=32), nullable=False),
        sa.Column("decided_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["rtbf_request.id"], name=op.f("fk_rtbf_decision_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rtbf_decision")),
    )
    with op.batch_alter_table("rtbf_decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rtbf_decision_request_id"), ["request_id"], unique=False)
