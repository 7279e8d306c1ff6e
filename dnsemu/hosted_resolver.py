"""Endpoints of health checks that are named in our own hosted zones: answered here, as a checker's query would be."""

from ipaddress import IPv4Address

from config import names
from config.rrtypes import RRType
from dnsemu.answer import Dice, draw
from dnsemu.published import Board
from dnsemu.questions import anywhere
from dnsemu.resolution import resolve
from dnsemu.wire.protocol import RCode
from dnsemu.zone.catalog import NotOurs
from healthcheck.probes.resolve import HostResolver, Resolution
from healthcheck.snapshot import HealthBoard
from policies.place import place_named
