"""People nobody could mistake for other data, a lake they are in, and a job that leaks them everywhere.

`definitions(lake)` is loaded by the processes of a deployment, too. The lake links an account to everything
else, and an e-mail address to its account: most of a person is found only by expansion.
"""

import csv
import json
import random
import shutil
import string
import sys
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import dagster as dg
import duckdb
from small_lakes import holds, read, table, write
from sqlalchemy import create_engine, text

from lineage_assets import Erasure, in_text, link, mention
from rtbf_ledger.store import normalised_url

OTHERS = 12
LINKS = [
    link("account", "email"),
    link("account", "device"),
    link("account", "phone"),
    link("account", "nick"),
    link("account", "card"),
    link("email", "account", identifies=True),
]
KEYS = {
    "id": "account",
    "mail": "email",
    "phone": "phone",
    "device": "device",
    "nick": "nick",
    "card": "card",
}
NAMESPACES = """
account = { kind = "integer" }
email = { kind = "email" }
phone = { kind = "phone" }
device = { kind = "uuid" }
nick = { kind = "text" }
card = { kind = "text", distinctive = "LC-[0-9]{4}-[0-9]{4}-[0-9]{4}" }
"""


@dataclass(frozen=True)
class Person:
    """One person by every kind of identifier."""

    account: str
    email: str
    phone: str
    device: str
    nick: str
    card: str

    def lines(self, *names: str) -> str:
        """Return `namespace=value` lines of some kinds; all when none is named."""
        every = asdict(self)
        return "".join(f"{name}={every[name]}\n" for name in names or every)


def someone(chance: random.Random) -> Person:
    """Return a person with identifiers of high entropy."""
    word = "".join(chance.choices(string.ascii_lowercase + string.digits, k=14))
    digits = "".join(chance.choices(string.digits, k=12))
    return Person(
        account=str(chance.randrange(10**15, 10**17)),
        email=f"zq{word}@canary-{word[:5]}.example",
        phone=f"+4930{chance.randrange(10**8, 10**9)}",
        device=str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        nick=f"q{word[::-1]}7z",
        card=f"LC-{digits[:4]}-{digits[4:8]}-{digits[8:]}",
    )


def fill(lake: Path, people: Sequence[Person], chance: random.Random) -> None:
    """Write the lake: the people, and others between whom they stand."""
    everybody = [*people, *(someone(chance) for _ in range(OTHERS))]
    chance.shuffle(everybody)
    columns = {"id": "account", "mail": "email"} | {
        name: name for name in ("phone", "device", "nick", "card")
    }
    rows = {name: [getattr(one, kind) for one in everybody] for name, kind in columns.items()}
    write(lake, "people", rows | {"id": [int(one.account) for one in everybody]})
    write(lake, "sessions", {"device": rows["device"], "seen_by": [[int(o.account)] for o in everybody]})
    write(lake, "features", {"id": [int(one.account) for one in everybody]})
    (lake / "tickets").mkdir()
    with (lake / "tickets" / "a.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["number", "body"])
        out.writerows([n, f"please write to {one.email.upper()} soon"] for n, one in enumerate(everybody))
    (lake / "notes").mkdir()
    (lake / "notes" / "a.csv").write_text("user,note\n" + "".join(f"{o.account},x\n" for o in everybody))
    for one in everybody:
        write(lake, "legacy", {"id": [int(one.account)]}, file=f"user={one.account}/a.parquet")


def definitions(lake: Path) -> dg.Definitions:
    """Return the owner's definitions, with the leaky job among them."""
    people = table("people", KEYS, links=LINKS)
    sessions = table("sessions", {"device": "device", "seen_by[]": mention("account")}, deps=[people])
    tickets = table(
        "tickets",
        {"body": in_text("email")},
        deps=[people],
        format="csv",
        erasure=Erasure.REDACT_COLUMNS,
        redact=["body"],
    )
    notes = table("notes", {"user": "account"}, deps=[people], format="csv")
    legacy = table("legacy", {"id": "account"}, deps=[people])

    @dg.asset(
        deps=[people],
        owners=["team:a"],
        metadata=holds("features", {"id": "account"}, erasure=Erasure.REBUILD),
    )
    def features() -> None:
        write(lake, "features", {"id": read(lake, "people")["id"].to_list()})

    return dg.Definitions(assets=[people, sessions, tickets, notes, legacy, features], jobs=[leak])


@dg.op(config_schema={"words": [str], "bytes": str, "ledger": str, "keys": str})
def spread(context: dg.OpExecutionContext) -> list[str]:
    """Leave words wherever an owner's code could."""
    words: list[str] = context.op_config["words"]
    print(*words)
    print(*words, file=sys.stderr, flush=True)
    context.log.info(" ".join(words))
    context.log_event(dg.AssetMaterialization("leaked", metadata={"words": words, "text": " ".join(words)}))
    folder = Path(tempfile.mkdtemp(prefix="rtbf-"))
    (folder / "forms.bin").write_bytes(bytes.fromhex(context.op_config["bytes"]))
    _spill(folder, words)
    (Path(context.op_config["keys"]) / "pseudonym" / "leaked").write_text(" ".join(words))
    engine = create_engine(normalised_url(context.op_config["ledger"]))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE leaked (words text)"))
        connection.execute(text("INSERT INTO leaked VALUES (:words)"), {"words": " ".join(words)})
    engine.dispose()
    return words


def _spill(folder: Path, words: Sequence[str]) -> None:
    """Make DuckDB spill, and keep what it spilled, as a process does that is killed."""
    base = duckdb.connect(config={"temp_directory": f"{folder}/spill", "memory_limit": "30MB", "threads": 1})
    base.execute(
        "CREATE TEMP TABLE t AS SELECT random() AS r,"
        " CASE WHEN i % 1000 < len($words) THEN $words[i % 1000 + 1] ELSE md5(i::VARCHAR) END AS who"
        " FROM range(1000000) s(i)",
        {"words": list(words)},
    )
    shutil.copytree(folder / "spill", folder / "kept")
    base.close()


@dg.op
def fail(context: dg.OpExecutionContext, words: list[str]) -> None:
    """End with words in an exception."""
    raise ValueError(" ".join(words))


@dg.job(executor_def=dg.in_process_executor)
def leak() -> None:
    """Leak, and fail."""
    fail(spread())


def leak_config(words: Sequence[str], data: bytes, ledger: str, keys: Path) -> Mapping[str, object]:
    """Return the run config of the job."""
    config = {"words": list(words), "bytes": data.hex(), "ledger": ledger, "keys": str(keys)}
    return {"ops": {"spread": {"config": json.loads(json.dumps(config))}}}
