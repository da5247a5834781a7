"""What is there and nobody declared, and when it was last looked for."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema up."""
    op.create_table(
        "rtbf_undeclared",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("target", sa.String(length=250), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=True),
        sa.Column("place", sa.String(length=250), nullable=False),
        sa.Column("beside", sa.String(length=250), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("owners", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("permille", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("opened_at", sa.String(length=32), nullable=False),
        sa.Column("seen_at", sa.String(length=32), nullable=False),
        sa.Column("closed_at", sa.String(length=32), nullable=True),
        sa.Column("told_at", sa.String(length=32), nullable=True),
        sa.Column("accepted_at", sa.String(length=32), nullable=True),
        sa.Column("accepted_by", sa.String(length=64), nullable=True),
        sa.Column("because", sa.String(length=30), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rtbf_undeclared")),
    )
    with op.batch_alter_table("rtbf_undeclared", schema=None) as batch_op:
        for column in ("target", "state"):
            batch_op.create_index(batch_op.f(f"ix_rtbf_undeclared_{column}"), [column], unique=False)
    op.create_table(
        "rtbf_undeclared_scan",
        sa.Column("target", sa.String(length=250), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=True),
        sa.Column("columns", sa.Integer(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=True),
        sa.Column("rules", sa.String(length=64), nullable=True),
        sa.Column("compared_at", sa.String(length=32), nullable=True),
        sa.Column("clean_at", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("target", name=op.f("pk_rtbf_undeclared_scan")),
    )
