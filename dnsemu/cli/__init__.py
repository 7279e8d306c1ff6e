"""The command line: every command calls the HTTP port of a running server, or reads files.

Start in `commands.py` (`serve`, `demo`, and the commands that read files), then `running_server.py` (the commands that
need a server). `client.py` makes the HTTP calls. May import every room of dnsemu.
"""

import sys


def main() -> None:
    """Entry point of the `dnsemu` script. Exit codes: 0 done, 1 failed at run time, 2 the user's input was refused."""
    from dnsemu.cli.commands import app

    try:
        app()
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
