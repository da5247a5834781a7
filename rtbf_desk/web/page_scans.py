"""`/rtbf/scans`: who came back after an erasure, what nobody declared, and what was looked at when."""

from starlette.responses import Response

from rtbf_desk.web import came_back, undeclared, words
from rtbf_desk.web.desk import Asked
from rtbf_desk.web.wanted import ENDED, ORDERS, Wanted
from rtbf_ledger import findings, sweeps
from rtbf_ledger.findings import FindingState
from rtbf_ledger.mismatches import MismatchState
from scanners.sweep import sweepable

MOST = 200
"""Findings that one page shows."""


def show(asked: Asked) -> Response:
    """Show what the scans found and looked at, of one owner and one data set where that is asked for."""
    graph = asked.desk.graph
    wanted = Wanted.of(asked)
    with asked.desk.ledger.read() as tx:
        mine = [one for one in findings.of_asset(tx, closed=wanted.ended) if wanted.takes(one.asset)]
        mine.sort(key=wanted.place)
        rows = came_back.rows(asked, tx, mine[:MOST])
        mismatches = undeclared.mismatches(asked, tx, wanted)
        unlooked = undeclared.unlooked(asked, tx, wanted)
        last = sweeps.last(tx)
    known = sorted({*sweepable(graph), *last})
    looked = [came_back.looked(asked, name, last.get(name)) for name in known if wanted.takes(name)]
    return asked.page(
        "scans.html",
        rows=rows,
        more=len(mine) - len(rows),
        open=sum(one.state is FindingState.OPEN for one in mine),
        mismatches=mismatches,
        undecided=sum(one["state"] is MismatchState.OPEN for one in mismatches),
        undeclared_unlooked=unlooked,
        looked=looked,
        unlooked=sum(one["tone"] == "failed" for one in looked),
        words=words,
        owners=sorted({owner for node in graph.nodes.values() for owner in node.owners}),
        assets=sorted({*graph.nodes, *known}),
        orders=ORDERS,
        wanted=wanted,
        ended=ENDED,
    )
