"""Findings, and what the sweeps looked at."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema up."""
    op.create_table(
        "rtbf_swept_file",
        sa.Column("asset", sa.String(length=250), nullable=False),
        sa.Column("file", sa.String(length=64), nullable=False),
        sa.Column("rules", sa.String(length=64), nullable=False),
        sa.Column("list_number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("asset", "file", name=op.f("pk_rtbf_swept_file")),
    )
    op.create_table(
        "rtbf_sweep",
        sa.Column("asset", sa.String(length=250), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=True),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("clean_at", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("asset", name=op.f("pk_rtbf_sweep")),
    )
    op.create_table(
        "rtbf_finding",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("asset", sa.String(length=250), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("opened_at", sa.String(length=32), nullable=False),
        sa.Column("seen_at", sa.String(length=32), nullable=False),
        sa.Column("closed_at", sa.String(length=32), nullable=True),
        sa.Column("written_at", sa.String(length=32), nullable=False),
        sa.Column("since", sa.String(length=10), nullable=False),
        sa.Column("since_run", sa.String(length=64), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("digests", sa.Text(), nullable=False),
        sa.Column("child_id", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["request_id"], ["rtbf_request.id"], name=op.f("fk_rtbf_finding_request_id")),
        sa.ForeignKeyConstraint(["child_id"], ["rtbf_request.id"], name=op.f("fk_rtbf_finding_child_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rtbf_finding")),
    )
    with op.batch_alter_table("rtbf_finding", schema=None) as batch_op:
        for column in ("asset", "request_id", "state", "child_id"):
            batch_op.create_index(batch_op.f(f"ix_rtbf_finding_{column}"), [column], unique=False)
