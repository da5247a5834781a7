"""Identifiers as people type them: read, made canonical, and never repeated in what is answered."""

import traceback

import pytest
from erasure_project import NAMESPACES
from hypothesis import given
from hypothesis import strategies as st

from lineage_assets.errors import IdentifierError
from lineage_assets.identifiers import Kind, Namespace
from lineage_assets.typed import BARE
from rtbf_jobs.intake import read_identifiers

KNOWN = NAMESPACES | {
    "handle": Namespace(name="handle", kind=Kind.TEXT),
    "customer": Namespace(name="customer", kind=Kind.TEXT, distinctive="C-[0-9]{6}"),
}


@pytest.mark.parametrize(
    ("line", "pair"),
    [
        ("account=42", ("account", "42")),
        ("  account = +0042\t", ("account", "42")),
        ("email= Bob@X.com ", ("email", "bob@x.com")),
        ("email=o'brien+news@x.ie", ("email", "o'brien+news@x.ie")),
        ("phone=0049 (0)30 123-4567", ("phone", "+49301234567")),
        (
            "device={3F2504E0-4F89-11D3-9A0C-0305E82C3301}",
            ("device", "3f2504e0-4f89-11d3-9a0c-0305e82c3301"),
        ),
        ("handle=a=b # c", ("handle", "a=b # c")),
        ("handle=x\u00a0", ("handle", "x\u00a0")),
        ("customer=C-004711", ("customer", "C-004711")),
    ],
)
def test_a_line_is_read_in_its_canonical_form(line: str, pair: tuple[str, str]) -> None:
    """The first equals sign parts the namespace from the value."""
    assert [pair] == read_identifiers([line], KNOWN)


def test_comments_and_empty_lines_do_not_count() -> None:
    """Lines keep their order, and their numbers count every line."""
    lines = ["# who asked", "", "account=42", "  ", "  # more", "account=7"]
    assert [("account", "42"), ("account", "7")] == read_identifiers(lines, KNOWN)
    with pytest.raises(IdentifierError, match=r"^line 4: "):
        read_identifiers(["# who", "", "account=1", "account=x"], KNOWN)


@pytest.mark.parametrize("lines", [[], [""], ["# account=42", " \t"]])
def test_nothing_given_is_refused(lines: list[str]) -> None:
    """A request about nobody is not filed."""
    with pytest.raises(IdentifierError, match="no identifier was given"):
        read_identifiers(lines, KNOWN)


def test_an_unknown_namespace_is_told_with_those_there_are() -> None:
    """The hint lists the namespaces; the word itself may be a value, so it is not repeated."""
    with pytest.raises(IdentifierError) as told:
        read_identifiers(["bob@x.com=42"], KNOWN)
    expected = "line 1: the word before '=' is no namespace; declared: account, customer, device, email, "
    assert expected + "handle, phone" == str(told.value)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("4711", "line 1: write namespace=value, such as account=1234"),
        ("account=", "line 1: namespace account: nothing is written after '='"),
        ("account=4711x", "line 1: namespace account: the value given is no integer"),
        ("customer=4711", "line 1: namespace customer: the value given does not match its pattern"),
        ("handle=4711\ud800", "line 1: the value given is no UTF-8 text"),
        ('email="bob@x.com"', f"line 1: namespace email: the value given is not clean: {BARE}"),
        ("email=email=bob@x.com", f"line 1: namespace email: the value given is not clean: {BARE}"),
        ("email=bob@x.com;", f"line 1: namespace email: the value given is not clean: {BARE}"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(line: str, why: str) -> None:
    """The answer says which line, and why."""
    with pytest.raises(IdentifierError) as told:
        read_identifiers([line], KNOWN)
    assert why == str(told.value)
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__ or told.value.__context__ is None


SECRET = "5eCret7"
TYPED = st.tuples(
    st.sampled_from([*KNOWN, "nobody", ""]),
    st.sampled_from(["=", "", "==", " = "]),
    st.text(st.characters(codec=None), max_size=6),
    st.text(max_size=6),
)


@given(st.lists(TYPED, max_size=4))
def test_no_answer_repeats_a_value(typed: list[tuple[str, str, str, str]]) -> None:
    """Whatever is typed, the sentence, and whatever it came from, hold nothing of the value."""
    lines = [f"{name}{equals}{before}{SECRET}{after}" for name, equals, before, after in typed]
    found, told = answered(lines)
    assert all(name in KNOWN for name, _ in found)
    assert all(value.encode() for _, value in found)
    assert SECRET.lower() not in told.lower()
    assert bool(found) != bool(told)


def answered(lines: list[str]) -> tuple[list[tuple[str, str]], str]:
    """Return what was read, or what a person would see instead: the whole printed error."""
    try:
        return read_identifiers(lines, KNOWN), ""
    except IdentifierError as error:
        return [], "".join(traceback.format_exception_only(error)) + "".join(printed(error.__cause__))


def printed(error: BaseException | None) -> list[str]:
    """Return an error as Python prints it, with what it came from."""
    return [] if error is None else traceback.format_exception(error)


@given(st.lists(st.tuples(st.just("account"), st.integers(0, 10**30)), min_size=1))
def test_what_is_read_can_be_read_again(pairs: list[tuple[str, int]]) -> None:
    """A canonical form is its own canonical form, in the order given."""
    once = read_identifiers([f"{name}={value:05}" for name, value in pairs], KNOWN)
    assert [(name, str(value)) for name, value in pairs] == once
    assert once == read_identifiers([f"{name}={value}" for name, value in once], KNOWN)
