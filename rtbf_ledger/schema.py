"""The ledger's tables. Times are RFC 3339 text in UTC with microseconds, so they sort and print as they are.

No table holds an identifier of a person in the clear: `sealed` and `handle` are ciphertext, `tombstone`
holds MACs.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
ID, TIME, HEX, NAME = String(40), String(32), String(64), String(250)

identity = Table(
    "rtbf_identity",
    metadata,
    Column("one", Integer, primary_key=True),
    Column("code_location", NAME, nullable=False),
    Column("origin", NAME, nullable=False),
    Column("created_at", TIME, nullable=False),
)

graph = Table(
    "rtbf_graph",
    metadata,
    Column("digest", HEX, primary_key=True),
    Column("body", Text, nullable=False),
    Column("saved_at", TIME, nullable=False, index=True),
)

plan = Table(
    "rtbf_plan",
    metadata,
    Column("digest", HEX, primary_key=True),
    Column("body", Text, nullable=False),
)

request = Table(
    "rtbf_request",
    metadata,
    Column("id", ID, primary_key=True),
    Column("law", String(20), nullable=False),
    Column("received_at", TIME, nullable=False),
    Column("zone", String(64), nullable=False),
    Column("country", String(10), nullable=False),
    Column("due_on", String(10)),
    Column("erase_by", String(10), nullable=False),
    Column("filed_by", String(64), nullable=False),
    Column("state", String(20), nullable=False, index=True),
    Column("attention", String(30)),
    Column("failures", Text),
    Column("graph_digest", HEX),
    Column("plan_digest", HEX, ForeignKey("rtbf_plan.digest")),
    Column("nothing_found", Text),
    Column("nothing_confirmed", Boolean, nullable=False, default=False),
    Column("approved_at", TIME),
    Column("approved_by", String(64)),
    Column("accepted_share", Float),
    Column("key_destroyed_at", TIME),
    Column("closed_at", TIME),
    Column("suppressed_at", TIME),
)

sealed = Table(
    "rtbf_sealed",
    metadata,
    Column("request_id", ID, ForeignKey("rtbf_request.id"), primary_key=True),
    Column("part", String(20), primary_key=True),
    Column("nonce", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
)

handle = Table(
    "rtbf_handle",
    metadata,
    Column("id", ID, primary_key=True),
    Column("created_at", TIME, nullable=False),
    Column("expires_at", TIME, nullable=False),
    Column("received_at", TIME, nullable=False),
    Column("filed_by", String(64), nullable=False),
    Column("nonce", LargeBinary),
    Column("ciphertext", LargeBinary),
    Column("request_id", ID, ForeignKey("rtbf_request.id"), index=True),
    Column("key_destroyed_at", TIME, index=True),
)

batch = Table(
    "rtbf_batch",
    metadata,
    Column("id", ID, primary_key=True),
    Column("purpose", String(10), nullable=False),
    Column("state", String(10), nullable=False, index=True),
    Column("attempt", Integer, nullable=False),
    Column("lease_owner", ID),
    Column("lease_until", TIME),
    Column("fence", Integer, nullable=False),
    Column("strikes", Integer, nullable=False, default=0),
    Column("created_at", TIME, nullable=False, index=True),
)

batch_request = Table(
    "rtbf_batch_request",
    metadata,
    Column("batch_id", ID, ForeignKey("rtbf_batch.id"), primary_key=True),
    Column("request_id", ID, ForeignKey("rtbf_request.id"), primary_key=True, index=True),
    Column("ordinal", Integer, nullable=False),
    Column("active", Boolean, nullable=False, default=True),
)

pseudonym_key = Table(
    "rtbf_pseudonym_key",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("key_id", String(16), nullable=False),
    Column("first_used_at", TIME, nullable=False),
)

asset_lease = Table(
    "rtbf_asset_lease",
    metadata,
    Column("asset", NAME, primary_key=True),
    Column("batch_id", ID, ForeignKey("rtbf_batch.id"), nullable=False),
    Column("fence", Integer, nullable=False),
    Column("until", TIME, nullable=False),
)

hold = Table(
    "rtbf_hold",
    metadata,
    Column("id", ID, primary_key=True),
    Column("request_id", ID, ForeignKey("rtbf_request.id"), nullable=False, index=True),
    Column("asset", NAME),
    Column("reason", String(30), nullable=False),
    Column("until", String(10)),
    Column("placed_at", TIME, nullable=False),
    Column("placed_by", String(64), nullable=False),
    Column("released_at", TIME),
)

decision = Table(
    "rtbf_decision",
    metadata,
    Column("id", ID, primary_key=True),
    Column("request_id", ID, ForeignKey("rtbf_request.id"), nullable=False, index=True),
    Column("asset", NAME, nullable=False),
    Column("choice", String(10), nullable=False),
    Column("because", String(30), nullable=False),
    Column("decided_at", TIME, nullable=False),
    Column("decided_by", String(64), nullable=False),
)

tombstone = Table(
    "rtbf_tombstone",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("key_id", String(16), nullable=False),
    Column("namespace", String(64), nullable=False),
    Column("form", String(80), nullable=False),
    Column("form_version", Integer, nullable=False),
    Column("mac", HEX, nullable=False),
    Column("scope", String(20), nullable=False),
    Column("since", TIME, nullable=False),
    Column("request_id", ID, ForeignKey("rtbf_request.id"), nullable=False, index=True),
    UniqueConstraint("request_id", "namespace", "form", "mac"),
    Index("ix_rtbf_tombstone_lookup", "namespace", "form", "mac"),
)

readmission = Table(
    "rtbf_readmission",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("tombstone_id", Integer, ForeignKey("rtbf_tombstone.id"), nullable=False, index=True),
    Column("reason", String(30), nullable=False),
    Column("by", String(64), nullable=False),
    Column("since", TIME, nullable=False),
    Column("begins", TIME),
)

log_entry = Table(
    "rtbf_log_entry",
    metadata,
    Column("index", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(30), nullable=False),
    Column("request_id", ID, index=True),
    Column("batch_id", ID, index=True),
    Column("body", Text, nullable=False),
)

log_node = Table(
    "rtbf_log_node",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("index", Integer, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)

evidence = Table(
    "rtbf_evidence",
    metadata,
    Column("batch_id", ID, ForeignKey("rtbf_batch.id"), primary_key=True),
    Column("asset", NAME, primary_key=True),
    Column("before", Text),
    Column("step", String(20)),
    Column("receipt", Text),
    Column("asked_at", TIME),
    Column("tries", Integer, nullable=False, default=0),
    Column("run_id", String(64)),
    Column("after", Text),
)

file_receipt = Table(
    "rtbf_file_receipt",
    metadata,
    Column("batch_id", ID, ForeignKey("rtbf_batch.id"), primary_key=True),
    Column("asset", NAME, primary_key=True),
    Column("file", HEX, primary_key=True),
    Column("before", HEX, primary_key=True),
    Column("body", Text, nullable=False),
)

request_evidence = Table(
    "rtbf_request_evidence",
    metadata,
    Column("batch_id", ID, ForeignKey("rtbf_batch.id"), primary_key=True),
    Column("request_id", ID, ForeignKey("rtbf_request.id"), primary_key=True, index=True),
    Column("asset", NAME, primary_key=True),
    Column("matched", Integer, nullable=False),
    Column("mentioned", Integer, nullable=False),
    Column("undecided", Integer, nullable=False),
    Column("erased", Integer),
)

certificate = Table(
    "rtbf_certificate",
    metadata,
    Column("request_id", ID, ForeignKey("rtbf_request.id"), primary_key=True),
    Column("serial", Integer, primary_key=True),
    Column("batch_id", ID, ForeignKey("rtbf_batch.id"), nullable=False),
    Column("title", String(20), nullable=False),
    Column("issued_at", TIME, nullable=False),
    Column("file", LargeBinary, nullable=False),
)

swept_file = Table(
    "rtbf_swept_file",
    metadata,
    Column("asset", NAME, primary_key=True),
    Column("file", HEX, primary_key=True),
    Column("rules", HEX, nullable=False),
    Column("list_number", Integer, nullable=False),
)

sweep = Table(
    "rtbf_sweep",
    metadata,
    Column("asset", NAME, primary_key=True),
    Column("at", TIME, nullable=False),
    Column("state", String(10), nullable=False),
    Column("reason", String(30)),
    Column("listed", Integer, nullable=False),
    Column("files", Integer, nullable=False),
    Column("skipped", Integer, nullable=False),
    Column("clean_at", TIME),
)

finding = Table(
    "rtbf_finding",
    metadata,
    Column("id", ID, primary_key=True),
    Column("asset", NAME, nullable=False, index=True),
    Column("request_id", ID, ForeignKey("rtbf_request.id"), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("state", String(10), nullable=False, index=True),
    Column("opened_at", TIME, nullable=False),
    Column("seen_at", TIME, nullable=False),
    Column("closed_at", TIME),
    Column("written_at", TIME, nullable=False),
    Column("since", String(10), nullable=False),
    Column("since_run", String(64)),
    Column("rows", Integer, nullable=False),
    Column("files", Integer, nullable=False),
    Column("later", Integer, nullable=False, server_default="0"),
    Column("digests", Text, nullable=False),
    Column("places", Text, nullable=False, server_default="[]"),
    Column("child_id", ID, ForeignKey("rtbf_request.id"), index=True),
)

undeclared = Table(
    "rtbf_undeclared",
    metadata,
    Column("id", ID, primary_key=True),
    Column("target", NAME, nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("code", String(30), nullable=False),
    Column("reason", String(30)),
    Column("place", NAME, nullable=False),
    Column("beside", NAME),
    Column("fingerprint", HEX, nullable=False),
    Column("owners", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("permille", Integer),
    Column("state", String(10), nullable=False, index=True),
    Column("opened_at", TIME, nullable=False),
    Column("seen_at", TIME, nullable=False),
    Column("closed_at", TIME),
    Column("told_at", TIME),
    Column("accepted_at", TIME),
    Column("accepted_by", String(64)),
    Column("because", String(30)),
)

undeclared_scan = Table(
    "rtbf_undeclared_scan",
    metadata,
    Column("target", NAME, primary_key=True),
    Column("at", TIME, nullable=False),
    Column("state", String(10), nullable=False),
    Column("reason", String(30)),
    Column("columns", Integer, nullable=False),
    Column("files", Integer, nullable=False),
    Column("skipped", Integer, nullable=False),
    Column("content", HEX),
    Column("rules", HEX),
    Column("compared_at", TIME),
    Column("clean_at", TIME),
)
