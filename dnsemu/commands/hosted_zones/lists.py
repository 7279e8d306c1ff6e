"""Shows hosted zones: one, or lists by id, by name, by VPC."""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from functools import lru_cache

from immutables import Map

from dnsemu.commands.context import Context, Request, Response
from dnsemu.commands.errors.hosted_zones import InvalidDomainName
from dnsemu.commands.errors.requests import InvalidInput
from dnsemu.commands.hosted_zones.delegation_sets import delegation_set_to_api, existing_set
from dnsemu.commands.hosted_zones.hosted_zones import ZONES, existing_zone, zone_row, zone_to_api
from dnsemu.commands.pagination import marker_members, next_token, page, page_size, token_key
from dnsemu.commands.vpcs import vpc_to_api
from dnsemu.config import names
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.list_order import list_name
from dnsemu.config.model.record_sets import HostedZoneId
from dnsemu.config.names import BadName
from dnsemu.config.text.ids import bare_id
from dnsemu.state.step import Step
from dnsemu.state.tables import Key

ACCOUNT = "000000000000"
"""The one account, which owns all resources (A15)."""

Zones = Map[HostedZoneId, HostedZone]

_cached_list_name = lru_cache(maxsize=1 << 16)(list_name)


class SortedKeys:
    """The sorted keys of all zones; sorted again only if the mapping of zones is another one than last time."""

    def __init__(self, key: Callable[[HostedZone], Key]) -> None:
        self._key = key
        self._last: tuple[Zones, list[Key]] = (Map(), [])

    def keys(self, zones: Zones) -> list[Key]:
        """Returns the key of each zone in ascending order; the last part of a key is the zone's id."""
        sorted_zones, keys = self._last
        if sorted_zones is not zones:
            keys = sorted(map(self._key, zones.values()))
            self._last = (zones, keys)
        return keys

    def starting_at(self, zones: Zones, *start: str) -> Iterable[HostedZone]:
        """Yields the zones from a key on, which need not exist (A191)."""
        keys = self.keys(zones)
        return (zones[HostedZoneId(keys[at][-1])] for at in range(bisect_left(keys, start), len(keys)))


_BY_ID = SortedKeys(lambda zone: (zone.id,))
_BY_NAME = SortedKeys(lambda zone: (_cached_list_name(zone.name), zone.id))


def get_hosted_zone(request: Request, step: Step, context: Context) -> Response:
    """Returns a zone, a public one with its name servers, a private one with its VPCs (A88)."""
    zone = existing_zone(step, request["Id"])
    row = zone_row(step, zone.id)
    response: Response = {"HostedZone": zone_to_api(zone, row, context.now)}
    if zone.is_private:
        return response | {"VPCs": [vpc_to_api(vpc) for vpc in row.vpcs]}
    return response | {"DelegationSet": delegation_set_to_api(step, zone)}


def list_hosted_zones(request: Request, step: Step, context: Context) -> Response:
    """Lists zones by ascending id: all, the private ones, or those of a delegation set (A190, A191, A193)."""
    size = page_size(request)
    zones = _BY_ID.starting_at(step.world.hosted_zones, bare_id(request.get("Marker", "")))
    if "DelegationSetId" in request:
        set_id, _ = existing_set(step, request["DelegationSetId"])
        zones = (zone for zone in zones if zone_row(step, zone.id).delegation_set_id == set_id)
    if request.get("HostedZoneType") == "PrivateHostedZone":
        zones = (zone for zone in zones if zone.is_private)
    shown, following = page(zones, size)
    return {
        "HostedZones": [zone_to_api(zone, zone_row(step, zone.id), context.now) for zone in shown],
        **marker_members(request, size, following.id if following is not None else None),
    }


def list_hosted_zones_by_name(request: Request, step: Step, context: Context) -> Response:
    """Lists zones in the order of their names, from a name on (A194, A195)."""
    size = page_size(request)
    name, zone_id = request.get("DNSName"), request.get("HostedZoneId")
    if zone_id and not name:
        raise InvalidInput("HostedZoneId tells zones of one name apart: write DNSName with it.")
    start = (_start(name), bare_id(zone_id or "")) if name else ()
    shown, following = page(_BY_NAME.starting_at(step.world.hosted_zones, *start), size)
    response: Response = {"HostedZones": [zone_to_api(zone, zone_row(step, zone.id), context.now) for zone in shown]}
    response |= {member: request[member] for member in ("DNSName", "HostedZoneId") if member in request}
    if following is not None:
        response |= {"NextDNSName": names.to_text(following.name), "NextHostedZoneId": following.id}
    return response | {"IsTruncated": following is not None, "MaxItems": str(size)}


def _start(name: str) -> str:
    try:
        return list_name(names.parse(name))
    except BadName as error:
        raise InvalidDomainName(f"FATAL problem: {error}") from None


def list_hosted_zones_by_vpc(request: Request, step: Step, context: Context) -> Response:
    """Lists the private zones that a VPC is associated with, by ascending id (A245)."""
    size = page_size(request)
    vpc = (request["VPCRegion"], request["VPCId"])
    ids = sorted(key[0] for key, row in step.all(ZONES) if vpc in row.vpcs)
    start = bisect_left(ids, token_key(request["NextToken"], 1)[0]) if "NextToken" in request else 0
    shown, following = page(ids[start:], size)
    zones = step.world.hosted_zones
    response: Response = {
        "HostedZoneSummaries": [
            {
                "HostedZoneId": zone_id,
                "Name": names.to_text(zones[HostedZoneId(zone_id)].name),
                "Owner": {"OwningAccount": ACCOUNT},
            }
            for zone_id in shown
        ],
        "MaxItems": str(size),
    }
    return response | ({"NextToken": next_token(following)} if following is not None else {})
