"""What others leave in the lake: `crm_export` and `billing`, external to Dagster. All of it MADE UP.

`leave_partner_files` plays the partner. It knows nothing of erasures: called again, it brings everybody back,
as a careless partner would.
"""

from datetime import date
from typing import Any

import dagster as dg
import pyarrow as pa

from lineage_assets.declarations import Erasure, Exempt, ExemptReason
from lineage_assets.declaring import subject_data
from lineage_assets.inventory.arrow import schema
from lineage_assets.inventory.files import MADE_UP, delimited, parquet, replace_all
from lineage_assets.inventory.lake import GROUP, Lake
from lineage_assets.inventory.movielens import accounts_of_source
from lineage_assets.inventory.people import dice, email, first_name, phone
from lineage_assets.inventory.profiles import profiles

MONTHS_BILLED = {2025: 12, 2026: 10}

_CAMPAIGNS = ("Spring", "Autumn; evenings", 'The "double feature" week', "Two films\nfor one evening", "42")
_INVOICE = schema(
    ("invoice_no", "account_id"),
    invoice_no=pa.string(),
    account_id=pa.int64(),
    issued_on=pa.date32(),
    amount_cents=pa.int64(),
)

crm_export = dg.AssetSpec(
    "crm_export",
    deps=[profiles],
    owners=["team:marketing"],
    group_name=GROUP,
    description="Contacts that a partner's job copies out of the profiles: CSV with semicolons. MADE UP.",
    metadata=subject_data(
        "{lake}/crm_export/contacts.csv",
        format="csv",
        keys={"email": "email", "phone": "phone"},
        purposes={"marketing"},
        erasure=Erasure.DELETE_ROWS,
        retention_days=180,
    ),
)

billing = dg.AssetSpec(
    "billing",
    owners=["team:finance"],
    group_name=GROUP,
    description="Invoices of the billing system, which the law says to keep. MADE UP.",
    metadata=subject_data(
        "{lake}/billing/",
        keys={"account_id": "account"},
        purposes={"billing"},
        erasure=Erasure.NO_ACTION,
        retention_days=2_922,
        exempt=Exempt(
            reason=ExemptReason.LEGAL_OBLIGATION,
            basis="Section 147 AO: invoices are kept for eight years",
            until="2034-12-31",
        ),
    ),
)


def leave_partner_files(lake: Lake) -> None:
    """Write the contacts of every second account and the invoices of every third, as the partner would.

    Raises:
        OSError: the lake cannot be written to.
    """
    header = ("email", "phone", "first_name", "campaign")
    contacts = [_contact(account) for account in accounts_of_source() if account % 2 == 0]
    replace_all(lake.path("crm_export"), {"contacts.csv": delimited(header, contacts, delimiter=";")})
    tables = {year: pa.Table.from_pylist(_invoices(year), schema=_INVOICE) for year in MONTHS_BILLED}
    contents = {f"invoices-{year}.parquet": parquet(table, origin=MADE_UP) for year, table in tables.items()}
    replace_all(lake.path("billing"), contents)


def _contact(account: int) -> tuple[str, str, str, str]:
    address = email(account).upper() if account % 5 == 0 else email(account)
    campaign = dice("crm_export", account).choice(_CAMPAIGNS)
    return address, phone(account, form=1), first_name(account), campaign


def _invoices(year: int) -> list[dict[str, Any]]:
    payers = [account for account in accounts_of_source() if account % 3 == 0]
    months = range(1, 1 + MONTHS_BILLED[year])
    due = [(date(year, month, 1), account) for month in months for account in payers]
    return [
        {
            "invoice_no": f"R-{year}-{number:06}",
            "account_id": account,
            "issued_on": issued_on,
            "amount_cents": dice("billing", account).choice((799, 1_199)),
        }
        for number, (issued_on, account) in enumerate(due)
    ]
