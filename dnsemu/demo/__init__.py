"""The demo: sample apps in three Regions, a zone that uses every policy, and what to paste to see it work."""

from dnsemu.demo.tour import run_demo

__all__ = ["run_demo"]
