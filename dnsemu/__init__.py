"""The server: DNS on the wire, zones compiled for look-up, the HTTP port, and the command line.

The one package in which the others meet (`app`): queries read a catalog and a health snapshot, both immutable.
"""

from importlib.metadata import version

__version__ = version("dnsemu")
