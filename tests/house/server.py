"""A `dnsemu serve` process of our own, with free ports."""

import contextlib
import os
import re
import select
import signal
import subprocess
import tempfile

READY = re.compile(r"dnsemu ready dns=127\.0\.0\.1:(?P<dns>\d+)(?:,\S+)? http=127\.0\.0\.1:(?P<http>\d+)")
READY_WITHIN_S = 30
STOPPED_WITHIN_S = 15


@contextlib.contextmanager
def serving(command, **options):
    """Run the command until the block ends; yields its ready line as a match. SIGTERM has to end it with exit code 0.

    Args:
        command: what to run, as a list.
        options: for `subprocess.Popen`, such as `cwd`; `env` is added to this process's own.
    """
    env = {**os.environ, **options.pop("env", {})}
    with tempfile.TemporaryFile("w+") as errors:

        def logged():
            errors.seek(0)
            return errors.read()[-4000:]

        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=env, **options)
        try:
            readable, _, _ = select.select([process.stdout], [], [], READY_WITHIN_S)
            line = process.stdout.readline() if readable else ""
            ready = READY.match(line)
            assert ready, f"no ready line but {line!r}; standard error:\n{logged()}"
            yield ready
            process.send_signal(signal.SIGTERM)
            assert process.wait(STOPPED_WITHIN_S) == 0, logged()
        finally:
            process.kill()
            process.communicate()
