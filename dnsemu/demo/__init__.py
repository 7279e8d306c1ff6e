"""The demo: sample apps in three Regions, a zone that uses every policy, and commands to paste.

Start in `tour.py`; `app.py` is the sample app, `demo.yaml` the zone. May import every room of dnsemu but `cli`.
"""

from dnsemu.demo.tour import run_demo

__all__ = ["run_demo"]
