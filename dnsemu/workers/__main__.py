"""`python -m dnsemu.workers FD` runs a worker."""

import signal
import sys

if __name__ == "__main__":
    # Before the imports, which take a while: an interrupt meanwhile ends the process without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a reload is the control plane's task

    from dnsemu.workers.program import run

    run(int(sys.argv[1]))
