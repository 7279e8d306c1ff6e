"""Emulations that start with resources as a file declares them."""

from immutables import Map

from dnsemu.config import names
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId
from dnsemu.config.model.world import World
from dnsemu.state.state import State
from tests.dnsemu.commands.emulation import Emulation


def declared_zone(id, name, *record_sets, is_private=False):
    """Returns a hosted zone with a chosen id, without NS and SOA."""
    by_key = Map({record_set.key: record_set for record_set in record_sets})
    return HostedZone(HostedZoneId(id), names.parse(name), by_key, is_private=is_private)


def emulation(*zones, health_checks=(), cidr_collections=()):
    """Returns an emulation of these resources, without rows."""
    world = World(
        hosted_zones=Map({zone.id: zone for zone in zones}),
        health_checks=Map({check.id: check for check in health_checks}),
        cidr_collections=Map({collection.id: collection for collection in cidr_collections}),
    )
    return Emulation(State(world))
