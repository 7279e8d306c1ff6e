"""A hosted zone for tests of change batches, and short notations for changes."""

from immutables import Map

from dnsemu.config import names
from dnsemu.config.aws import name_servers
from dnsemu.config.model.geo import CidrCollection
from dnsemu.config.model.health_checks import HealthCheck, HealthCheckId, RecoveryCheck
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId
from dnsemu.config.model.world import World
from dnsemu.state.state import State
from tests.dnsemu.commands.emulation import Emulation

ZONE, OTHER, PRIVATE = "Z0EXAMPLE", "Z0OTHER", "Z0PRIVATE"
CHECK = "11111111-1111-1111-1111-111111111111"
COLLECTION, SECOND = "22222222-2222-2222-2222-222222222222", "33333333-3333-3333-3333-333333333333"
CONTROL = "arn:aws:route53-recovery-control::111122223333:controlpanel/a/routingcontrol/b"
CHANGE, LIST = "ChangeResourceRecordSets", "ListResourceRecordSets"


def hosted_zone(id, text, *, is_private=False):
    """Returns a zone with its NS and SOA."""
    name = names.parse(text)
    servers = name_servers.draw(name)
    both = (name_servers.default_ns(name, servers), name_servers.default_soa(name, servers))
    return HostedZone(HostedZoneId(id), name, Map({r.key: r for r in both}), servers, is_private=is_private)


def emulation(*changes, **others):
    """Returns an emulation with three zones, a health check and two CIDR collections, after changes of `example.test`."""
    zones = (
        hosted_zone(ZONE, "example.test"),
        hosted_zone(OTHER, "other.test"),
        hosted_zone(PRIVATE, "example.test", is_private=True),
    )
    world = World(
        hosted_zones=Map({zone.id: zone for zone in zones}),
        health_checks=Map({HealthCheckId(CHECK): HealthCheck(HealthCheckId(CHECK), RecoveryCheck(CONTROL))}),
        cidr_collections=Map(
            {id: CidrCollection(id, id, Map({"paris": (), "tokyo": ()})) for id in (COLLECTION, SECOND)}
        ),
    )
    emulated = Emulation(State(world), **others)
    for change in changes:
        emulated.call(CHANGE, **batch(change))
    return emulated


def batch(*changes, zone=ZONE, comment=None):
    """Returns the request of a change batch of (action, record set) pairs."""
    wanted = {"Changes": [{"Action": action, "ResourceRecordSet": data} for action, data in changes]}
    return {"HostedZoneId": zone, "ChangeBatch": wanted | ({"Comment": comment} if comment is not None else {})}


def create(data):
    return "CREATE", data


def delete(data):
    return "DELETE", data


def upsert(data):
    return "UPSERT", data


def values(*texts):
    return {"ResourceRecords": [{"Value": text} for text in texts]}


def leaf(name, type, *texts, ttl=60, **others):
    """Returns a record set with values; a name of one label is below the zone."""
    return {"Name": below(name), "Type": type, "TTL": ttl, **values(*texts), **others}


def a(name, address="192.0.2.1", **others):
    return leaf(name, "A", address, **others)


def below(name):
    return name if "." in name else f"{name}.example.test"


def member(identifier, name="www", type="A", value="192.0.2.1", **others):
    """Returns a record set of a group."""
    return leaf(name, type, value, SetIdentifier=identifier, **others)


def alias(name, target, type="A", zone=ZONE, healthy=False, **others):
    where = {"HostedZoneId": zone, "DNSName": below(target), "EvaluateTargetHealth": healthy}
    return {"Name": below(name), "Type": type, "AliasTarget": where, **others}


def listed(emulated, zone=ZONE):
    """Returns all record sets of a zone except its NS and SOA, in the order of the list."""
    found = emulated.call(LIST, HostedZoneId=zone, MaxItems="300")["ResourceRecordSets"]
    return [data for data in found if data["Type"] not in ("NS", "SOA")]


def names_of(emulated):
    return [data["Name"] for data in listed(emulated)]


def refused_message(emulated, *changes, zone=ZONE, code="InvalidChangeBatch"):
    """Returns the message that refuses a batch, and checks that the state stays the same object."""
    before = emulated.state
    error = emulated.refused(CHANGE, **batch(*changes, zone=zone))
    assert emulated.state is before
    assert error.code == code, error
    return error.message
