"""The command line. Each command is a thin client: of the server it starts, or of one that runs already."""

import sys


def main() -> None:
    """Entry point of the `dnsemu` script; exits 0 done, 1 failed at run time, 2 refused what the user wrote."""
    from dnsemu.cli.commands import app

    try:
        app()
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
