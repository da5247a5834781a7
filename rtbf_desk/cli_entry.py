"""The command `rtbf`. `rtbf files ...` starts in a fraction of the others' time: it loads only its own."""

import sys


class Without:
    """Keeps modules out of a process: pyarrow loads them, where they are, to ask whether a list is theirs."""

    def __init__(self, *names: str) -> None:
        """Take the modules' names."""
        self.names = names

    def find_spec(self, name: str, *_: object) -> None:
        """Leave every other module to the finders that follow.

        Raises:
            ModuleNotFoundError: it is one of these.
        """
        if name in self.names:
            raise ModuleNotFoundError(f"this command does without {name}", name=name)


def main() -> None:
    """Run the command line."""
    if sys.argv[1:3] == ["files", "erase"]:
        sys.meta_path.insert(0, Without("numpy", "pandas"))
        from rtbf_desk.cli_erase import erase

        sys.exit(erase(sys.argv[3:]))
    if sys.argv[1:3] == ["files", "scan"]:
        sys.meta_path.insert(0, Without("pandas"))
        from rtbf_desk.cli_files_scan import scan

        sys.exit(scan(sys.argv[3:]))
    from rtbf_desk.cli import main as every_command

    every_command()
