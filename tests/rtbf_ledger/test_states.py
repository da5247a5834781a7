"""The transitions are exactly those that were drawn, and a table with one more is found out."""

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from rtbf_ledger.errors import StateError
from rtbf_ledger.states import TERMINAL, TRANSITIONS, State, advance

# Reviewed by hand against the drawing in the module's docstring.
DRAWN = """
filed         planned refused cancelled failed
planned       approved refused cancelled failed
approved      erasing filed cancelled failed
erasing       rebuilding verifying filed planned failed
rebuilding    erasing failed
verifying     closed partly_closed failed
partly_closed filed cancelled
failed        filed cancelled
closed
refused
cancelled
"""
ENDED = {"closed", "refused", "cancelled"}
STATES = st.sampled_from(State)
UNDECIDED = {State.FILED, State.PLANNED}
ERASES = {State.ERASING, State.REBUILDING, State.VERIFYING}


def table():
    """Return the drawing as state -> states."""
    rows = [line.split() for line in DRAWN.strip().splitlines()]
    return {State(first): frozenset(map(State, rest)) for first, *rest in rows}


def test_the_table_is_the_drawing():
    """Every state has its row, and no transition is there that was not drawn."""
    assert table() == TRANSITIONS
    assert set(State) == set(TRANSITIONS)
    assert {State(name) for name in ENDED} == TERMINAL


@pytest.mark.parametrize("old", State)
def test_each_pair_of_states_is_allowed_or_refused(old):
    """All 121 pairs; a refusal lists what there is instead."""
    for new in State:
        if new in table()[old]:
            assert new == advance(old, new)
            continue
        with pytest.raises(StateError) as caught:
            advance(old, new)
        listed = ", ".join(sorted(table()[old])) or "none: it has ended"
        expected = f"a request that is {old} cannot become {new}; it can become: {listed}"
        assert expected == str(caught.value)


def way_to(end):
    """Return the states after filed on a shortest way to a state."""
    ways = {State.FILED: ()}
    for state in (todo := [State.FILED]):
        for new in sorted(TRANSITIONS[state] - ways.keys()):
            ways[new] = (*ways[state], new)
            todo.append(new)
    return ways[end]


class Life(RuleBasedStateMachine):
    """A model of one request's life by `move`: its key, its approval, and whether its rows were touched."""

    move = staticmethod(advance)

    def __init__(self):
        super().__init__()
        self.state = State.FILED
        self.key = True
        self.approved = False
        self.erased_unapproved = False
        self.left_terminal = False

    @initialize(end=STATES)
    def lived(self, end):
        """Begin anywhere, by the way there."""
        for state in way_to(end):
            self.step(state)

    @rule(new=STATES)
    def step(self, new):
        """Try any state next; what a move does to key and rows is the rest of the system's promise."""
        try:
            reached = self.move(self.state, new)
        except StateError:
            return
        self.left_terminal |= self.state in TERMINAL
        self.state = reached
        self.approved = reached is State.APPROVED or (self.approved and reached not in UNDECIDED)
        self.erased_unapproved |= reached in ERASES and not self.approved
        self.key = self.key and reached not in TERMINAL

    @invariant()
    def nothing_is_erased_before_approval(self):
        """Of the plan of now: one that went back is approved anew."""
        assert not self.erased_unapproved

    @invariant()
    def the_end_is_the_end(self):
        """Nobody walks on after a key was destroyed."""
        assert not self.left_terminal
        assert self.key == (self.state not in TERMINAL)


SETTINGS = settings(max_examples=60, stateful_step_count=30, deadline=None)
FIRST_FAULT = settings(SETTINGS, max_examples=1000, phases=[Phase.generate], database=None, derandomize=True)


def test_no_life_erases_before_approval_or_after_its_end():
    """Random lives by the real table."""
    run_state_machine_as_test(Life, settings=SETTINGS)


@pytest.mark.parametrize(
    "extra",
    [
        (State.FILED, State.ERASING),
        (State.PLANNED, State.VERIFYING),
        (State.CLOSED, State.FILED),
        (State.CANCELLED, State.FAILED),
    ],
    ids="-".join,
)
def test_a_broken_twin_is_found_out(extra):
    """The same model over a table with one transition too many must fail, else it watches nothing."""

    def broken(old, new):
        return new if (old, new) == extra else advance(old, new)

    twin = type("Twin", (Life,), {"move": staticmethod(broken)})
    with pytest.raises(AssertionError):
        run_state_machine_as_test(twin, settings=FIRST_FAULT)


def test_every_state_can_be_reached_and_left_towards_an_end():
    """From filed one gets everywhere, and from everywhere to a terminal state."""
    assert State.VERIFYING == way_to(State.CLOSED)[-2]
    assert [] == [state for state in State if state is not State.FILED and not way_to(state)]
    lost, found = set(State) - TERMINAL, True
    while found:
        found = {state for state in lost if TRANSITIONS[state] - lost}
        lost -= found
    assert set() == lost
