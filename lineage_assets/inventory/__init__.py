"""The demo's lake: a film service, as ordinary Dagster assets that declare what they hold about people.

Real: `ratings` (MovieLens, 100,004 ratings by 671 people) and what is computed from it: `user_features`,
`training_set`, `ranker`, `film_popularity`.
Made up from the account number, and belonging to nobody: names, e-mail addresses, phone numbers and devices
(`profiles`, `devices`), what hangs on them (`watch_sessions`, `viewing_profile`, `audience_export`,
`support_tickets`), and what others leave (`crm_export`, `billing`, hence `loyalty`).

    ratings -> profiles -> devices -> watch_sessions -> viewing_profile -> audience_export
       |           |----> support_tickets                 (delete -> rebuild -> delete)
       |           `----> crm_export (partner)
       |-> user_features -> training_set -> ranker
       `-> film_popularity                                billing (external, kept) -> loyalty

An asset reads what is in its parents' files when it runs; a rebuild replaces its whole output. Not part of
the wheel: a project brings an inventory of its own.
"""

import dagster as dg

from lineage_assets.inventory.audience_export import audience_export
from lineage_assets.inventory.devices import devices
from lineage_assets.inventory.film_popularity import film_popularity
from lineage_assets.inventory.lake import Lake
from lineage_assets.inventory.loyalty import loyalty
from lineage_assets.inventory.movielens import YEARS
from lineage_assets.inventory.partner import billing, crm_export, leave_partner_files
from lineage_assets.inventory.profiles import profiles
from lineage_assets.inventory.ranker import ranker
from lineage_assets.inventory.ratings import ratings
from lineage_assets.inventory.support_tickets import support_tickets
from lineage_assets.inventory.training_set import training_set
from lineage_assets.inventory.user_features import user_features
from lineage_assets.inventory.viewing_profile import viewing_profile
from lineage_assets.inventory.watch_sessions import watch_sessions

assets: list[dg.AssetsDefinition | dg.AssetSpec] = [
    ratings,
    profiles,
    devices,
    watch_sessions,
    viewing_profile,
    audience_export,
    support_tickets,
    user_features,
    training_set,
    ranker,
    film_popularity,
    crm_export,
    billing,
    loyalty,
]

__all__ = ["YEARS", "Lake", "assets", "leave_partner_files"]
