"""The command line `rtbf`. Every command reads one settings file; `--json` prints for machines.

Exit codes: 0 done, 1 it did not hold or could not be done (one sentence says why), 2 wrong usage.
"""

import sys

from rtbf_desk.cli_decide import decide
from rtbf_desk.cli_decisions import approve, cancel, refuse, retry
from rtbf_desk.cli_files import files_app
from rtbf_desk.cli_help import CommandLine
from rtbf_desk.cli_hold import hold_app
from rtbf_desk.cli_inventory import inventory
from rtbf_desk.cli_readmit import readmit
from rtbf_desk.cli_records import certificate, picture, verify
from rtbf_desk.cli_requests import file, list_requests, preview, show
from rtbf_desk.cli_scan import scan
from rtbf_desk.cli_seal import seal
from rtbf_desk.cli_self_scan import self_scan
from rtbf_desk.cli_ui import desk, ui
from rtbf_desk.cli_undeclared import accept
from rtbf_desk.cli_usage import run_command_line

app = CommandLine(
    name="rtbf",
    help="Erase a person from everything their data flowed to, and prove it.\n\n"
    "First `rtbf inventory --check`, then `rtbf file`, `rtbf preview`, `rtbf approve`; the Dagster daemon "
    "does the work. At the end `rtbf certificate` writes the record and `rtbf verify` checks it offline.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(inventory)
app.command()(file)
app.command("requests")(list_requests)
app.command()(show)
app.command()(preview)
app.command()(approve)
app.command()(decide)
app.command()(retry)
app.command()(cancel)
app.command()(refuse)
app.command()(certificate)
app.command()(picture)
app.command()(verify)
app.command()(seal)
app.command()(ui)
app.command()(desk)
app.command("self-scan")(self_scan)
app.command()(scan)
app.command()(readmit)
app.command()(accept)
app.add_typer(hold_app, name="hold")
app.add_typer(files_app, name="files")


def main() -> None:
    """Run the command line."""
    sys.exit(run_command_line(app))


if __name__ == "__main__":
    main()
