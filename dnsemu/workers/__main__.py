"""`python -m dnsemu.workers FD`: a worker. Signals first, since the rest takes its time to import."""

import signal
import sys

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback if it comes before the worker is ready for it
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # that is for the control plane alone

    from dnsemu.workers.program import run

    run(int(sys.argv[1]))
