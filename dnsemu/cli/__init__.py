"""The command line: every command calls the HTTP port of a running server, or reads files.

Start in `commands.py`, which lists all commands: `serving.py` starts a server, `files.py` reads files, `questions.py`
explains and simulates, `running_server.py` has the commands that need a server. `client.py` makes the HTTP calls;
`help.py` prints help texts, with the examples of `examples.py`; `completion.py` has the words that shells complete;
`sandbox` is the process and the resolver of `run`.
May import every room of dnsemu.
"""

import os
import sys


def main() -> None:
    """Entry point of the `dnsemu` script. Exit codes: 0 done, 1 failed at run time, 2 the user's input was refused."""
    from dnsemu.cli.commands import app
    from dnsemu.cli.completion import VARIABLE, run_completion

    try:
        if os.environ.get(VARIABLE, "").startswith("complete_"):
            run_completion(lambda: app(prog_name="dnsemu"))
        app()
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
