"""Who is meant: expansion over link assets, the way back to a person, what is shared, what is sealed."""

from pathlib import Path
from typing import Any

import pytest
from erasure_project import NAMESPACES, Project, project
from small_lakes import counts, read, table, write

from lineage_assets import Erasure, Kind, Namespace, link
from rtbf_jobs.identity import identify
from rtbf_ledger import requests, vault

A, B, C = (f"0c0c0c0c-0000-4000-8000-00000000000{digit}" for digit in "abc")
ACCOUNT_TO_DEVICE = link("account", "device", cardinality="many_to_many")
LINK_KEYS = {"user": "account", "device": "device"}
SPACES = NAMESPACES | {"session": Namespace(name="session", kind=Kind.TEXT)}


def expanded(made: Project, request_id: str) -> dict[str, dict[str, Any]]:
    """Return namespace=value -> (given, shared) as it is sealed in the vault."""
    with made.ledger.read() as tx:
        part = vault.unseal(made.ledger, tx, request_id, "expanded")
    assert part is not None
    return {
        f"{one['namespace']}={one['value']}": {"given": one["given"], "shared": one["shared"]}
        for one in part["identifiers"]
    }


def identified(made: Project, *requests_: tuple[str, ...]) -> list[str]:
    """File requests and run the phase that identifies them; returns their ids."""
    ids = [made.file(*identifiers) for identifiers in requests_]
    again(made)
    return ids


def again(made: Project) -> None:
    """Run the phase that identifies, on the batch that is claimed now."""
    (asked,) = [one for one in made.ticks() if one.job_name == "rtbf_prepare"]
    with made.work(asked) as work:
        identify(work)


def found(*, given: bool = False, shared: bool = False) -> dict[str, bool]:
    """Return what is sealed about an identifier."""
    return {"given": given, "shared": shared}


def test_an_account_leads_to_its_devices_and_no_further(tmp_path: Path) -> None:
    """Account to device expands; device to account is not declared, so the housemate is not meant."""
    made = project(tmp_path, [table("links", LINK_KEYS, links=[ACCOUNT_TO_DEVICE])])
    write(made.lake, "links", {"user": [42, 42, 43, None, 420], "device": [A, B.upper(), C, A, C]})
    (request_id,) = identified(made, ("account=42",))
    expected = {"account=42": found(given=True), f"device={A}": found(), f"device={B}": found()}
    assert expected == expanded(made, request_id)


def test_an_email_leads_to_its_person_and_on(tmp_path: Path) -> None:
    """Where a link says `identifies`, the way back is gone, and from there forwards again."""
    people = table(
        "people",
        {"user": "account", "mail": "email"},
        links=[link("account", "email"), link("email", "account", identifies=True)],
    )
    made = project(tmp_path, [people, table("links", LINK_KEYS, links=[ACCOUNT_TO_DEVICE])])
    mails = [" Bob@X.com", "bob@x.com.br", "bobby@x.com", "old@x.com"]
    write(made.lake, "people", {"user": ["042", "43", "44", "42"], "mail": mails})
    write(made.lake, "links", {"user": [42, 43], "device": [A, B]})
    (request_id,) = identified(made, ("email=BOB@x.com",))
    assert {
        "email=bob@x.com": found(given=True),
        "account=42": found(),
        "email=old@x.com": found(),
        f"device={A}": found(),
    } == expanded(made, request_id)


def test_a_cycle_of_links_ends(tmp_path: Path) -> None:
    """Links that lead round in a circle are followed until nothing new is found."""
    keys = {"a": "account", "d": "device", "s": "session"}
    circle = [
        link("account", "device"),
        link("device", "session"),
        link("session", "account", identifies=True),
    ]
    made = project(tmp_path, [table("rounds", keys, links=circle)], namespaces=SPACES)
    write(made.lake, "rounds", {"a": [42, 42], "d": [A, B], "s": ["s-1", "s-2"]})
    (request_id,) = identified(made, ("session=s-2",))
    expected = {"account=42", f"device={A}", f"device={B}", "session=s-1", "session=s-2"}
    assert expected == set(expanded(made, request_id))


def test_one_value_with_two_people_fails_only_its_own_request(tmp_path: Path) -> None:
    """An ambiguous way back is never guessed, and the other requests of the batch go on."""
    back = link("device", "account", identifies=True)
    made = project(tmp_path, [table("links", LINK_KEYS, links=[back])])
    write(made.lake, "links", {"user": [42, 43, 7], "device": [A, A, B]})
    torn, plain = identified(made, (f"device={A}",), (f"device={B}",))
    assert "failed" == made.state(torn)
    assert [("ambiguous_link", "links")] == [(one.code, one.asset) for one in made.failures(torn)]
    (failure,) = made.failures(torn)
    assert A not in failure.sentence
    assert {f"device={B}", "account=7"} == set(expanded(made, plain))


def test_two_link_assets_that_disagree_are_ambiguous_too(tmp_path: Path) -> None:
    """One e-mail that is one person's here and another's there is a failure, not two people erased."""
    keys = {"user": "account", "mail": "email"}
    back = link("email", "account", identifies=True)
    made = project(tmp_path, [table("crm", keys, links=[back]), table("shop", keys, links=[back])])
    write(made.lake, "crm", {"user": [42, 7], "mail": ["bob@x.com", "ann@x.com"]})
    write(made.lake, "shop", {"user": [43, 7], "mail": ["bob@x.com", "ann@x.com"]})
    torn, plain = identified(made, ("email=bob@x.com",), ("email=ann@x.com",))
    assert [("ambiguous_link", "shop")] == [(one.code, one.asset) for one in made.failures(torn)]
    assert {"email=ann@x.com", "account=7"} == set(expanded(made, plain))


def test_a_missing_link_asset_fails_naming_it(tmp_path: Path) -> None:
    """Without the link asset nobody knows who is meant: the request fails before anything is planned."""
    made = project(tmp_path, [table("links", LINK_KEYS, links=[ACCOUNT_TO_DEVICE])])
    (request_id,) = identified(made, ("account=42",))
    assert "failed" == made.state(request_id)
    (failure,) = made.failures(request_id)
    assert "links" == failure.asset
    assert "asset links" in failure.sentence


def test_a_device_of_two_people_is_shared(tmp_path: Path) -> None:
    """Two accounts on one device mark it for both; a device of one's own is not marked."""
    made = project(tmp_path, [table("links", LINK_KEYS, links=[ACCOUNT_TO_DEVICE])])
    write(made.lake, "links", {"user": [42, 42, 43], "device": [A, B, A.upper()]})
    one, other = identified(made, ("account=42",), ("account=43",))
    assert found(shared=True) == expanded(made, one)[f"device={A}"]
    assert found() == expanded(made, one)[f"device={B}"]
    assert found(shared=True) == expanded(made, other)[f"device={A}"]


@pytest.mark.parametrize("filed", [f"device={A}", f"device={A.upper()}"])
def test_a_filed_device_of_two_people_is_shared(tmp_path: Path, filed: str) -> None:
    """A given identifier may be shared as well."""
    made = project(tmp_path, [table("links", LINK_KEYS, links=[ACCOUNT_TO_DEVICE])])
    write(made.lake, "links", {"user": [42, 43], "device": [A, A]})
    (request_id,) = identified(made, (filed,))
    assert {f"device={A}": found(given=True, shared=True)} == expanded(made, request_id)


def test_two_accounts_of_one_person_share_nothing(tmp_path: Path) -> None:
    """A device that only the request's own accounts use is the person's own."""
    made = project(tmp_path, [table("links", LINK_KEYS, links=[ACCOUNT_TO_DEVICE])])
    write(made.lake, "links", {"user": [42, 4200, 4200, 7], "device": [A, A, B, B]})
    (request_id,) = identified(made, ("account=42", "account=4200"))
    assert found() == expanded(made, request_id)[f"device={A}"]
    assert found(shared=True) == expanded(made, request_id)[f"device={B}"]


def test_two_devices_of_one_person_share_no_session(tmp_path: Path) -> None:
    """A session on two devices of the same account is nobody else's."""
    sessions = table("sessions", {"d": "device", "s": "session"}, links=[link("device", "session")])
    links = table("links", LINK_KEYS, links=[ACCOUNT_TO_DEVICE])
    made = project(tmp_path, [links, sessions], namespaces=SPACES)
    write(made.lake, "links", {"user": [42, 42, 43], "device": [A, B, C]})
    write(made.lake, "sessions", {"d": [A, B, B, C], "s": ["own", "own", "both", "both"]})
    (request_id,) = identified(made, ("account=42",))
    assert found() == expanded(made, request_id)["session=own"]
    assert found(shared=True) == expanded(made, request_id)["session=both"]


def test_a_new_expansion_only_adds(tmp_path: Path) -> None:
    """Identified again after the link rows were erased, the person is the same, and new finds come on top."""
    made = project(tmp_path, [table("links", LINK_KEYS, links=[ACCOUNT_TO_DEVICE])])
    write(made.lake, "links", {"user": [42, 42, 43], "device": [A, B, A]})
    (request_id,) = identified(made, ("account=42",))
    write(made.lake, "links", {"user": [43, 42], "device": [A, C]})
    again(made)
    assert {
        "account=42": found(given=True),
        f"device={A}": found(shared=True),
        f"device={B}": found(),
        f"device={C}": found(),
    } == expanded(made, request_id)


@pytest.mark.slow
def test_what_was_shared_stays_shared_over_a_retry(tmp_path: Path) -> None:
    """Half erased and retried, a household's device is still shared: the housemate's rows stay."""
    links = table("links", LINK_KEYS, links=[ACCOUNT_TO_DEVICE])
    sessions = table("sessions", {"d": "device"}, deps=["links"])
    broken = table("zulu", {"user": "account"}, deps=["links"], erasure=Erasure.DELETE_ROWS)
    made = project(tmp_path, [links, sessions, broken])
    write(made.lake, "links", {"user": [42, 43], "device": [A, A]})
    write(made.lake, "sessions", {"d": [A, A, B], "n": [1, 2, 3]})
    write(made.lake, "zulu", {"user": [42], "n": [1]})
    request_id = made.file("account=42")
    made.settle_directly()
    made.approve(request_id)
    (asked,) = list(made.ticks())
    made.phases(asked, until="verify")
    assert [43] == read(made.lake, "links")["user"].to_list()
    with made.ledger.write() as tx:
        failure = requests.Failure(code="made_up", asset="zulu", sentence="asset zulu: made up")
        requests.fail(made.ledger, tx, request_id, [failure])
    made.settle_directly()
    requests.retry(made.ledger, request_id, staff="test")
    made.settle_directly()
    made.approve(request_id, confirm_nothing=True)
    made.settle_directly()
    assert [] == made.failures(request_id)
    assert "needs_decision" == made.verdicts(request_id)["sessions"]
    assert [(A, 1), (A, 2), (B, 3)] == read(made.lake, "sessions").rows()


def test_a_row_that_only_a_shared_device_owns_waits_for_a_decision(tmp_path: Path) -> None:
    """In a table keyed by account and device, a row without an account is reported, and stays."""
    links = table("links", LINK_KEYS, links=[ACCOUNT_TO_DEVICE])
    sessions = table("sessions", {"user": "account", "d": "device"}, deps=["links"])
    made = project(tmp_path, [links, sessions])
    write(made.lake, "links", {"user": [42, 43], "device": [A, A]})
    write(made.lake, "sessions", {"user": [42, 43, None, None], "d": [A, A, A, B], "n": [1, 2, 3, 4]})

    request_id = made.erase("account=42")

    assert [] == made.failures(request_id)
    assert "partly_closed" == made.state(request_id)
    assert {"links": "erased", "sessions": "needs_decision"} == made.verdicts(request_id)
    assert (2, 1) == counts(made, request_id)["sessions"]
    assert [(43, A, 2), (None, A, 3), (None, B, 4)] == read(made.lake, "sessions").rows()
