"""The plan of a request: what each asset does, in the order of the graph. Pure: same input, same digest.

graph x declarations x holds -> steps in topological order, or a refusal that names the assets
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any

from lineage_assets.declarations import Declaration, Erasure
from lineage_assets.graph import LineageGraph, Node, Problem, ProblemCode
from rtbf_ledger.decisions import Choice, Decision
from rtbf_ledger.holds import Hold
from rtbf_ledger.verdicts import Strategy

NO_END = "9999-12-31"
NOTHING_DECIDED: Mapping[str, Decision] = MappingProxyType({})


class Action(StrEnum):
    """What the walk does at an asset."""

    ERASE = "erase"
    REBUILD = "rebuild"
    SEARCH = "search"
    KEEP = "keep"
    STATE = "state"


class Kept(StrEnum):
    """Why an asset is kept."""

    BY_LAW = "by_law"
    FOR_HOLD = "for_hold"
    WITH_SOURCE = "with_source"


@dataclass(frozen=True, kw_only=True)
class Step:
    """What one asset does. `basis` and `until` are the owner's, for what is kept or declared free of data.

    `filtered` marks a rebuild below a kept source: it leaves out the people on the suppression list.
    `decided` is what a person said of rows that only a shared identifier owns; `basis` says who, and why.
    """

    asset: str
    strategy: Strategy
    action: Action
    kept: Kept | None = None
    basis: str | None = None
    until: str | None = None
    filtered: bool = False
    decided: Choice | None = None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The steps in topological order, and the assets that nobody declared."""

    steps: tuple[Step, ...]
    outside: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the plan as a JSON value; its digest is the plan's version."""
        steps = [
            {name: _plain(getattr(step, name)) for name in Step.__dataclass_fields__} for step in self.steps
        ]
        return {"version": 1, "steps": steps, "outside": list(self.outside)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Plan":
        """Read what `to_json` wrote."""
        steps = tuple(
            Step(
                asset=step["asset"],
                strategy=Strategy(step["strategy"]),
                action=Action(step["action"]),
                kept=Kept(step["kept"]) if step["kept"] else None,
                basis=step["basis"],
                until=step["until"],
                filtered=step["filtered"],
                decided=Choice(step["decided"]) if step.get("decided") else None,
            )
            for step in value["steps"]
        )
        return cls(steps=steps, outside=tuple(value["outside"]))

    def step(self, asset: str) -> Step:
        """Return the step of an asset.

        Raises:
            KeyError: the plan does not reach the asset.
        """
        return self._by_asset[asset]

    @cached_property
    def _by_asset(self) -> dict[str, Step]:
        return {step.asset: step for step in self.steps}


def blocking(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems that keep every request open.

    An undeclared asset keeps open only the requests whose people's data flows into it; that shows when it is
    known where they are.
    """
    by_person = {ProblemCode.UNDECLARED, ProblemCode.UNDECLARED_REACHED, ProblemCode.NO_OWNER}
    return [problem for problem in problems if problem.code not in by_person]


def make_plan(
    graph: LineageGraph, held: Mapping[str, Hold], decided: Mapping[str, Decision] = NOTHING_DECIDED
) -> Plan:
    """Return the plan of one request over a graph without blocking problems.

    Args:
        graph: the declared graph.
        held: the assets held for this request, with the hold that binds each.
        decided: the assets where a person decided about rows that only a shared identifier owns.

    Raises:
        GraphError: the graph has a cycle.
    """
    steps: dict[str, Step] = {}
    for asset in graph.order(graph.nodes):
        node = graph.nodes[asset]
        if node.declaration is not None:
            parents = [steps[up] for up in sorted(graph.nx.predecessors(asset)) if up in steps]
            step = _step(node, node.declaration, held.get(asset), parents)
            steps[asset] = _as_decided(step, decided.get(asset))
    outside = tuple(sorted(set(graph.nodes) - set(steps)))
    return Plan(steps=tuple(steps.values()), outside=outside)


def _as_decided(step: Step, decision: Decision | None) -> Step:
    """What is kept whole, or declared free of personal data, leaves nothing to decide."""
    if decision is None or step.kept is not None or step.strategy is Strategy.NO_SUBJECT_DATA:
        return step
    return replace(step, decided=decision.choice, basis=decision.words)


def _step(node: Node, declared: Declaration, hold: Hold | None, parents: list[Step]) -> Step:
    if not declared.subject:
        action = Action.SEARCH if declared.location else Action.STATE
        return Step(
            asset=node.asset, strategy=Strategy.NO_SUBJECT_DATA, action=action, basis=declared.because
        )
    strategy = Strategy(str(declared.erasure))
    if declared.exempt is not None:
        return Step(
            asset=node.asset,
            strategy=strategy,
            action=Action.KEEP,
            kept=Kept.BY_LAW,
            basis=declared.exempt.basis,
            until=declared.exempt.until,
        )
    if hold is not None:
        until = hold.until.isoformat() if hold.until else None
        return Step(
            asset=node.asset,
            strategy=strategy,
            action=Action.KEEP,
            kept=Kept.FOR_HOLD,
            basis=str(hold.reason),
            until=until,
        )
    return _rebuilt(node, declared, parents) or Step(
        asset=node.asset,
        strategy=strategy,
        action=Action.SEARCH if declared.erasure is Erasure.NO_ACTION else Action.ERASE,
    )


def _rebuilt(node: Node, declared: Declaration, parents: list[Step]) -> Step | None:
    """Holds flow down: a rebuild below what is kept keeps it too, unless it leaves suppressed people out.

    Below several it keeps what is kept the longest.
    """
    if declared.erasure not in {Erasure.REBUILD, Erasure.RETRAIN}:
        return None
    strategy = Strategy(str(declared.erasure))
    kept = [step for step in parents if step.action is Action.KEEP]
    if not kept or declared.filters_suppressed:
        return Step(asset=node.asset, strategy=strategy, action=Action.REBUILD, filtered=bool(kept))
    keeps = max(kept, key=lambda step: step.until or NO_END)
    return Step(
        asset=node.asset,
        strategy=strategy,
        action=Action.KEEP,
        kept=Kept.WITH_SOURCE,
        basis=f"built from {keeps.asset}: {keeps.basis}",
        until=keeps.until,
    )


def _plain(value: object) -> object:
    return str(value) if isinstance(value, StrEnum) else value
