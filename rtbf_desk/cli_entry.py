"""The command `rtbf`. `rtbf files ...` starts in a fraction of the others' time: it loads only its own."""

import sys


class WithoutPandas:
    """Keeps pandas out of a process: pyarrow loads it, where it is, to ask whether a list is one of its."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        """Leave every other module to the finders that follow.

        Raises:
            ModuleNotFoundError: it is pandas.
        """
        if name == "pandas":
            raise ModuleNotFoundError("this command does without pandas", name=name)


def main() -> None:
    """Run the command line."""
    if sys.argv[1:3] == ["files", "erase"]:
        sys.meta_path.insert(0, WithoutPandas())
        from rtbf_desk.cli_erase import erase

        sys.exit(erase(sys.argv[3:]))
    if sys.argv[1:3] == ["files", "scan"]:
        sys.meta_path.insert(0, WithoutPandas())
        from rtbf_desk.cli_files_scan import scan

        sys.exit(scan(sys.argv[3:]))
    from rtbf_desk.cli import main as every_command

    every_command()
