"""`rtbf decide`: what becomes of rows that carry only an identifier which several people share."""

from typing import Annotated

import typer

from rtbf_desk.cli_base import CONFIG, Config, RequestId, Staff, act, stop


def decide(
    request_id: RequestId,
    asset: Annotated[str, typer.Argument(help="The asset that waits for a decision.")],
    choice: Annotated[str, typer.Argument(help="erase or keep.")],
    *,
    because: Annotated[
        str,
        typer.Option(help="To erase: only_theirs or others_agree; to keep: others_rows or cannot_tell."),
    ],
    by: Staff = "cli",
    config: Config = CONFIG,
) -> None:
    """Decide about rows that only a shared identifier owns; the record says who did, and why."""
    from rtbf_ledger import decision_store
    from rtbf_ledger.decisions import Because, Choice

    if choice not in list(Choice):
        stop(f"the choice is one of: {', '.join(Choice)}", 2)
    if because not in list(Because):
        stop(f"--because is one of: {', '.join(Because)}", 2)
    act(
        config,
        lambda ledger: decision_store.decide(
            ledger, request_id, asset, Choice(choice), because=Because(because), staff=by
        ),
        lambda _settings: (
            "decided; what is not erased yet is planned and approved anew, a partly closed or failed request "
            "when `rtbf retry` takes it up"
        ),
    )
