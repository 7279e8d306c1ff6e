"""`python -m dnsemu` is the command `dnsemu`."""

from dnsemu.cli import main

main()
