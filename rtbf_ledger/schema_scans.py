"""The tables of what scans looked at and found; no identifier of a person is in them."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text

from rtbf_ledger.schema_base import HEX, ID, NAME, TIME, metadata

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
