"""The settings of one deployment: one TOML file, read by the command line and by `definitions.py` alike."""

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from lineage_assets.identifiers import Choice, Kind, Namespace
from rtbf_ledger.clocks import zone_named
from rtbf_ledger.errors import SettingsError
from rtbf_ledger.evaluator_settings import EvaluatorSettings, evaluator_settings

MOST_BATCHING = timedelta(days=7)
_WHOLE_NUMBERS = {"attempts", "tick_seconds", "threads", "keep_runs_days"}
_NUMBERS = _WHOLE_NUMBERS | {"share_limit", "run_hours", "lease_minutes"}


class Undeclared(StrEnum):
    """What happens when an asset declares nothing."""

    REFUSE_LOAD = "refuse_load"
    REFUSE_REQUEST = "refuse_request"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a deployment decides. Durations are in the unit of their name.

    `batch` None erases approved requests at the next tick; a cadence collects them (at most 7 days).
    `share_limit` stops an approved request again when it would erase a larger share of an asset's rows.
    `keep_runs_days` after its end, a run of ours is deleted from Dagster.
    `presidio` and `evaluator` are detectors of undeclared personal data beyond those of the core.
    `index` is the folder of the sidecar indexes; `indexed` are the assets that have one.
    """

    code_location: str
    controller: str
    ledger_url: str
    keys: Path
    roots: Mapping[str, Path]
    namespaces: Mapping[str, Namespace]
    definitions: str = "definitions"
    zone: str = "UTC"
    country: str = "DE"
    undeclared: Undeclared = Undeclared.REFUSE_LOAD
    batch: timedelta | None = None
    share_limit: float = 0.05
    run_hours: float = 6.0
    lease_minutes: float = 15.0
    attempts: int = 5
    tick_seconds: int = 30
    keep_runs_days: int = 30
    threads: int = 2
    memory: str = "1500MB"
    index: Path | None = None
    indexed: frozenset[str] = frozenset()
    presidio: bool = False
    evaluator: EvaluatorSettings | None = None

    def place(self, location: str) -> Path:
        """Return the path of a declared location, its `{root}` variables filled in.

        Raises:
            SettingsError: a root is not among the settings.
        """
        missing = sorted(set(re.findall(r"\{(\w+)\}", location)) - set(self.roots))
        if missing:
            known = ", ".join(sorted(self.roots))
            raise SettingsError(f"location: no root {missing[0]!r}; the settings have: {known}")
        return Path(re.sub(r"\{(\w+)\}", lambda found: str(self.roots[found.group(1)]), location))


def read_settings(path: Path, *, environ: Mapping[str, str]) -> Settings:
    """Read `rtbf.toml`. `RTBF_LEDGER_URL` in `environ` wins over the file's ledger URL.

    The evaluator's key is in `environ` too.

    Relative paths, in that variable too, are relative to the file's folder.

    Raises:
        SettingsError: the file is missing, is no TOML, or holds something unknown or malformed.
    """
    try:
        text = path.read_text(encoding="utf-8")
        value = tomllib.loads(text)
    except FileNotFoundError:
        raise SettingsError(
            f"settings: no file {path.name} in {path.parent.resolve().name}/; the README shows one"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise SettingsError(f"settings: {path.name} is no TOML") from None
    made = _settings(value, path.resolve().parent, environ)
    url = environ.get("RTBF_LEDGER_URL")
    return replace(made, ledger_url=_url(url, path.resolve().parent)) if url else made


def _settings(value: Mapping[str, Any], base: Path, environ: Mapping[str, str]) -> Settings:
    known = {"controller", "ledger", "roots", "namespaces", "erasure", "index", "detectors", "evaluator"}
    _refuse_unknown("a table", value, known)
    try:
        controller, ledger = value["controller"], value["ledger"]
        _refuse_unknown("ledger", ledger, {"code_location", "definitions", "url", "keys"})
        _refuse_no_text(ledger | controller)
        optional = _options(value.get("erasure", {})) | _zone(controller)
        roots = {name: base / root for name, root in value["roots"].items()}
        if "index" in value:
            optional |= _index(value["index"], base, roots)
        if "evaluator" in value:
            optional["evaluator"] = evaluator_settings(value["evaluator"], base, environ)
        optional |= _detectors(value.get("detectors", {}))
        if "definitions" in ledger:
            optional["definitions"] = ledger["definitions"]
        return Settings(
            code_location=ledger["code_location"],
            controller=controller["name"],
            ledger_url=_url(ledger["url"], base),
            keys=base / ledger["keys"],
            roots=roots,
            namespaces=_namespaces(value["namespaces"]),
            **optional,
        )
    except KeyError as error:
        raise SettingsError(f"settings: {error.args[0]!r} is missing") from None
    except (TypeError, AttributeError):
        raise SettingsError(
            "settings: a value is of the wrong kind; compare with the README's example"
        ) from None


def _refuse_unknown(what: str, value: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(set(value) - known)
    if unknown:
        raise SettingsError(f"settings: {what} {unknown[0]!r} is unknown; known: {', '.join(sorted(known))}")


def _refuse_no_text(value: Mapping[str, Any]) -> None:
    for name, text in value.items():
        if not isinstance(text, str) or not text.strip():
            raise SettingsError(f"settings: {name} is a text, and not an empty one")


def _url(url: str, base: Path) -> str:
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith(prefix + "/"):
        return f"{prefix}{base / url.removeprefix(prefix)}"
    return url


def _zone(controller: Mapping[str, Any]) -> dict[str, Any]:
    _refuse_unknown("controller", controller, {"name", "zone", "country"})
    found = {name: controller[name] for name in ("zone", "country") if name in controller}
    try:
        zone_named(found.get("zone", "UTC"))
    except SettingsError as error:
        raise SettingsError(f"settings: controller {error}") from None
    return found


def _namespaces(value: Mapping[str, Any]) -> dict[str, Namespace]:
    try:
        for ns in value.values():
            _refuse_unknown("namespaces", ns, {"kind", "distinctive", "plus_tags", "dots", "region"})
        return {
            name: Namespace(
                name=name,
                kind=_kind(ns["kind"]),
                distinctive=ns.get("distinctive"),
                plus_tags=_choice(ns, "plus_tags"),
                dots=_choice(ns, "dots"),
                region=ns.get("region"),
            )
            for name, ns in value.items()
        }
    except SettingsError:
        raise
    except ValueError as error:
        raise SettingsError(f"settings: namespaces: {error}") from None


def _choice(namespace: Mapping[str, Any], name: str) -> Choice:
    value = namespace.get(name, Choice.KEEP)
    if value not in list(Choice):
        raise SettingsError(f"settings: namespaces: {name} is one of: {', '.join(Choice)}")
    return Choice(value)


def _kind(value: str) -> Kind:
    if value not in list(Kind):
        raise SettingsError(f"settings: namespaces: kind {value!r} is unknown; known: {', '.join(Kind)}")
    return Kind(value)


def _index(value: Mapping[str, Any], base: Path, roots: Mapping[str, Path]) -> dict[str, Any]:
    _refuse_unknown("index", value, {"folder", "assets"})
    assets, folder = value["assets"], (base / value["folder"]).resolve()
    if not isinstance(assets, list) or not all(isinstance(one, str) and one for one in assets):
        raise SettingsError("settings: index assets is a list of names of assets")
    inside = next((name for name, root in roots.items() if folder.is_relative_to(root.resolve())), None)
    if inside is not None:
        raise SettingsError(f"settings: index folder lies in the root {inside!r}; keep it beside the ledger")
    return {"index": folder, "indexed": frozenset(assets)}


def _detectors(value: Mapping[str, Any]) -> dict[str, Any]:
    _refuse_unknown("detectors", value, {"presidio"})
    if not isinstance(value.get("presidio", False), bool):
        raise SettingsError("settings: detectors presidio is true or false")
    return dict(value)


def _options(value: Mapping[str, Any]) -> dict[str, Any]:
    _refuse_unknown("erasure", value, _NUMBERS | {"batch", "undeclared", "memory"})
    out: dict[str, Any] = {name: value[name] for name in _NUMBERS if name in value}
    for name, number in out.items():
        _refuse_number(name, number)
    if "batch" in value:
        out["batch"] = cadence(value["batch"])
    if "memory" in value:
        out["memory"] = str(value["memory"])
    if "undeclared" in value:
        try:
            out["undeclared"] = Undeclared(value["undeclared"])
        except ValueError:
            raise SettingsError("settings: undeclared is refuse_load or refuse_request") from None
    return out


def _refuse_number(name: str, number: object) -> None:
    whole = name in _WHOLE_NUMBERS
    if isinstance(number, bool) or not isinstance(number, int if whole else int | float):
        raise SettingsError(f"settings: erasure {name} is a {'whole ' if whole else ''}number above 0")
    if not 0 < number < math.inf:
        raise SettingsError(f"settings: erasure {name} is a {'whole ' if whole else ''}number above 0")
    if name == "share_limit" and number > 1:
        raise SettingsError("settings: erasure share_limit is a share of at most 1; 5% is 0.05")


def cadence(text: str) -> timedelta | None:
    """Read how often approved requests are erased: "now", or "every:24h", "every:7d".

    Raises:
        SettingsError: another word, or more than 7 days: erasure is owed "without undue delay" (GDPR
            Art. 17(1)); the legal deadline is never the batching rule.
    """
    if text == "now":
        return None
    found = re.fullmatch(r"every:([1-9][0-9]{0,3})(h|d)", text)
    if not found:
        raise SettingsError("settings: batch is 'now' or 'every:24h' (hours h or days d)")
    number = int(found.group(1))
    span = timedelta(hours=number) if found.group(2) == "h" else timedelta(days=number)
    if span > MOST_BATCHING:
        raise SettingsError(
            "settings: batch collects for 7 days at most; erasure is owed without undue delay"
        )
    return span
