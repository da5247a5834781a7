"""`rtbf desk`: the desk alone, beside a Dagster that somebody else runs."""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime

from rtbf_desk.gate_request import App
from rtbf_desk.place import Place, gated, listening, server_of, stoppable, tell


def serve(
    controller: str,
    place: Place,
    *,
    desk: App,
    clock: Callable[[], datetime],
    randomness: Callable[[int], bytes],
) -> None:
    """Serve the desk behind its gate until Ctrl-C or SIGTERM. To be called in the main thread.

    Raises:
        DeskError: the address is not a loopback one, or taken, or behind TLS has no name.
    """
    place.refuse()
    try:
        with stoppable(), closing(listening(place)) as listener:
            port = listener.getsockname()[1]
            app, token = gated(desk, place, port, clock=clock, randomness=randomness)
            tell(f"The privacy desk of {controller}", f"{place.address(port)}/rtbf/requests", token)
            server_of(app).run(sockets=[listener])
    except KeyboardInterrupt:
        return
