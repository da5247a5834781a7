"""Handles: identifiers that were sealed and are not filed yet."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema up."""
    op.create_table(
        "rtbf_handle",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.Column("expires_at", sa.String(length=32), nullable=False),
        sa.Column("received_at", sa.String(length=32), nullable=False),
        sa.Column("filed_by", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=True),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=True),
        sa.Column("request_id", sa.String(length=40), nullable=True),
        sa.Column("key_destroyed_at", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["request_id"], ["rtbf_request.id"], name=op.f("fk_rtbf_handle_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rtbf_handle")),
    )
    with op.batch_alter_table("rtbf_handle", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rtbf_handle_request_id"), ["request_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_rtbf_handle_key_destroyed_at"), ["key_destroyed_at"], unique=False
        )
