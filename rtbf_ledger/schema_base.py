"""What the ledger's tables share: their metadata, how constraints are named, and the types of columns.

Times are RFC 3339 text in UTC with microseconds, so they sort and print as they are.
"""

from sqlalchemy import MetaData, String

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
ID, TIME, HEX, NAME = String(40), String(32), String(64), String(250)
