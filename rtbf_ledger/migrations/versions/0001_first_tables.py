"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema up."""
    op.create_table(
        "rtbf_batch",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("purpose", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(length=40), nullable=True),
        sa.Column("lease_until", sa.String(length=32), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("strikes", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rtbf_batch")),
    )
    with op.batch_alter_table("rtbf_batch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rtbf_batch_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_rtbf_batch_state"), ["state"], unique=False)

    op.create_table(
        "rtbf_graph",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_rtbf_graph")),
    )
    with op.batch_alter_table("rtbf_graph", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rtbf_graph_saved_at"), ["saved_at"], unique=False)

    op.create_table(
        "rtbf_identity",
        sa.Column("one", sa.Integer(), nullable=False),
        sa.Column("code_location", sa.String(length=250), nullable=False),
        sa.Column("origin", sa.String(length=250), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_rtbf_identity")),
    )
    op.create_table(
        "rtbf_log_entry",
        sa.Column("index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=True),
        sa.Column("batch_id", sa.String(length=40), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("index", name=op.f("pk_rtbf_log_entry")),
    )
    with op.batch_alter_table("rtbf_log_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rtbf_log_entry_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_rtbf_log_entry_request_id"), ["request_id"], unique=False)

    op.create_table(
        "rtbf_log_node",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "index", name=op.f("pk_rtbf_log_node")),
    )
    op.create_table(
        "rtbf_plan",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_rtbf_plan")),
    )
    op.create_table(
        "rtbf_pseudonym_key",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("first_used_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_rtbf_pseudonym_key")),
    )
    op.create_table(
        "rtbf_asset_lease",
        sa.Column("asset", sa.String(length=250), nullable=False),
        sa.Column("batch_id", sa.String(length=40), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("until", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["rtbf_batch.id"], name=op.f("fk_rtbf_asset_lease_batch_id")),
        sa.PrimaryKeyConstraint("asset", name=op.f("pk_rtbf_asset_lease")),
    )
    op.create_table(
        "rtbf_evidence",
        sa.Column("batch_id", sa.String(length=40), nullable=False),
        sa.Column("asset", sa.String(length=250), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("step", sa.String(length=20), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.String(length=32), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["rtbf_batch.id"], name=op.f("fk_rtbf_evidence_batch_id")),
        sa.PrimaryKeyConstraint("batch_id", "asset", name=op.f("pk_rtbf_evidence")),
    )
    op.create_table(
        "rtbf_file_receipt",
        sa.Column("batch_id", sa.String(length=40), nullable=False),
        sa.Column("asset", sa.String(length=250), nullable=False),
        sa.Column("file", sa.String(length=64), nullable=False),
        sa.Column("before", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["rtbf_batch.id"], name=op.f("fk_rtbf_file_receipt_batch_id")),
        sa.PrimaryKeyConstraint("batch_id", "asset", "file", "before", name=op.f("pk_rtbf_file_receipt")),
    )
    op.create_table(
        "rtbf_request",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("law", sa.String(length=20), nullable=False),
        sa.Column("received_at", sa.String(length=32), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("country", sa.String(length=10), nullable=False),
        sa.Column("due_on", sa.String(length=10), nullable=True),
        sa.Column("erase_by", sa.String(length=10), nullable=False),
        sa.Column("filed_by", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attention", sa.String(length=30), nullable=True),
        sa.Column("failures", sa.Text(), nullable=True),
        sa.Column("graph_digest", sa.String(length=64), nullable=True),
        sa.Column("plan_digest", sa.String(length=64), nullable=True),
        sa.Column("nothing_found", sa.Text(), nullable=True),
        sa.Column("nothing_confirmed", sa.Boolean(), nullable=False),
        sa.Column("approved_at", sa.String(length=32), nullable=True),
        sa.Column("approved_by", sa.String(length=64), nullable=True),
        sa.Column("accepted_share", sa.Float(), nullable=True),
        sa.Column("key_destroyed_at", sa.String(length=32), nullable=True),
        sa.Column("closed_at", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["plan_digest"], ["rtbf_plan.digest"], name=op.f("fk_rtbf_request_plan_digest")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rtbf_request")),
    )
    with op.batch_alter_table("rtbf_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rtbf_request_state"), ["state"], unique=False)

    op.create_table(
        "rtbf_batch_request",
        sa.Column("batch_id", sa.String(length=40), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["rtbf_batch.id"], name=op.f("fk_rtbf_batch_request_batch_id")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["rtbf_request.id"], name=op.f("fk_rtbf_batch_request_request_id")
        ),
        sa.PrimaryKeyConstraint("batch_id", "request_id", name=op.f("pk_rtbf_batch_request")),
    )
    with op.batch_alter_table("rtbf_batch_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rtbf_batch_request_request_id"), ["request_id"], unique=False)

    op.create_table(
        "rtbf_certificate",
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=20), nullable=False),
        sa.Column("issued_at", sa.String(length=32), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["rtbf_batch.id"], name=op.f("fk_rtbf_certificate_batch_id")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["rtbf_request.id"], name=op.f("fk_rtbf_certificate_request_id")
        ),
        sa.PrimaryKeyConstraint("request_id", "serial", name=op.f("pk_rtbf_certificate")),
    )
    op.create_table(
        "rtbf_hold",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("asset", sa.String(length=250), nullable=True),
        sa.Column("reason", sa.String(length=30), nullable=False),
        sa.Column("until", sa.String(length=10), nullable=True),
        sa.Column("placed_at", sa.String(length=32), nullable=False),
        sa.Column("placed_by", sa.String(length=64), nullable=False),
        sa.Column("released_at", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["request_id"], ["rtbf_request.id"], name=op.f("fk_rtbf_hold_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rtbf_hold")),
    )
    with op.batch_alter_table("rtbf_hold", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rtbf_hold_request_id"), ["request_id"], unique=False)

    op.create_table(
        "rtbf_request_evidence",
        sa.Column("batch_id", sa.String(length=40), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("asset", sa.String(length=250), nullable=False),
        sa.Column("matched", sa.Integer(), nullable=False),
        sa.Column("mentioned", sa.Integer(), nullable=False),
        sa.Column("undecided", sa.Integer(), nullable=False),
        sa.Column("erased", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["rtbf_batch.id"], name=op.f("fk_rtbf_request_evidence_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["rtbf_request.id"], name=op.f("fk_rtbf_request_evidence_request_id")
        ),
        sa.PrimaryKeyConstraint("batch_id", "request_id", "asset", name=op.f("pk_rtbf_request_evidence")),
    )
    with op.batch_alter_table("rtbf_request_evidence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rtbf_request_evidence_request_id"), ["request_id"], unique=False)

    op.create_table(
        "rtbf_sealed",
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("part", sa.String(length=20), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["rtbf_request.id"], name=op.f("fk_rtbf_sealed_request_id")),
        sa.PrimaryKeyConstraint("request_id", "part", name=op.f("pk_rtbf_sealed")),
    )
    op.create_table(
        "rtbf_tombstone",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("namespace", sa.String(length=64), nullable=False),
        sa.Column("form", sa.String(length=80), nullable=False),
        sa.Column("form_version", sa.Integer(), nullable=False),
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=20), nullable=False),
        sa.Column("since", sa.String(length=32), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["rtbf_request.id"], name=op.f("fk_rtbf_tombstone_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rtbf_tombstone")),
        sa.UniqueConstraint(
            "request_id",
            "namespace",
            "form",
            "mac",
            name=op.f("uq_rtbf_tombstone_request_id_namespace_form_mac"),
        ),
    )
    with op.batch_alter_table("rtbf_tombstone", schema=None) as batch_op:
        batch_op.create_index("ix_rtbf_tombstone_lookup", ["namespace", "form", "mac"], unique=False)
        batch_op.create_index(batch_op.f("ix_rtbf_tombstone_request_id"), ["request_id"], unique=False)

    op.create_table(
        "rtbf_readmission",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("tombstone_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("since", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["tombstone_id"], ["rtbf_tombstone.id"], name=op.f("fk_rtbf_readmission_tombstone_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rtbf_readmission")),
    )
    with op.batch_alter_table("rtbf_readmission", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rtbf_readmission_tombstone_id"), ["tombstone_id"], unique=False)
