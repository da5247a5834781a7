"""Alembic's entry: migrates over the connection that the store hands in."""

from alembic import context

from rtbf_ledger import schema

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=schema.metadata,
    version_table="rtbf_alembic",
    render_as_batch=True,
)
context.run_migrations()
