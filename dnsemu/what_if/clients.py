"""Audiences: classes of clients that get the same answers, with names for people.

A location policy reads a client only to order its record sets. Clients with the same order in every such group of a
tree get the same answers whatever fails, so one of them represents all.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dnsemu.config.aws.places import CONTINENT_OF, REGIONS
from dnsemu.config.model.geo import DeclaredPlace
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.model.routing import Geolocation, Geoproximity, IpBased, Latency
from dnsemu.config.model.world import World
from dnsemu.policies.decide import policy_of
from dnsemu.policies.geodata.countries import continent_point
from dnsemu.policies.geolocation import ANYWHERE
from dnsemu.policies.location.client import Client
from dnsemu.policies.location.locator import Locator
from dnsemu.policies.location.place import Place, place_declared
from dnsemu.policies.model import Group
from dnsemu.publication.board import Published
from dnsemu.what_if.work import Progress, Work

EVERYONE = "everyone"
ELSEWHERE = "everywhere else"
UNLOCATED = "clients nothing locates"


@dataclass(frozen=True, slots=True)
class Audience:
    """Clients that get the same answers from a tree, and one client that represents them; broadest names first.

    `own_names` are those that the user gave: of networks, countries with latencies, vantage points, and places.
    """

    client: Client
    names: tuple[str, ...]
    own_names: frozenset[str] = frozenset()


class _NamedClient(NamedTuple):
    name: str
    client: Client
    is_own: bool = False


def audiences(
    groups: Sequence[Group], published: Published, places: Mapping[str, Place] | None = None
) -> Work[tuple[Audience, ...]]:
    """All audiences of a tree's groups.

    Geolocation distinguishes the declared locations and everywhere else; IP-based routing the blocks of its CIDR
    collections, each represented by its first address. Latency and geoproximity divide a map, which is sampled at the
    points of all AWS Regions. Networks and places that the user named, and clients that nothing locates, are added.

    Args:
        places: the only clients that matter, by name; None for all.
    """
    location_groups = [group for group in groups if policy_of(group).READS_CLIENT]
    if places:
        clients = [_NamedClient(name, _at(place, published.locator), is_own=True) for name, place in places.items()]
    elif location_groups:
        clients = list({client.name: client for client in _clients(location_groups, published)}.values())
    else:
        return (Audience(Client.at_place(published.locator.unlocated), (EVERYONE,)),)
    seen: dict[object, list[_NamedClient]] = {}
    for named in clients:
        policies = ((group, policy_of(group)) for group in location_groups)
        order = tuple(tuple(r.key for r in policy.candidates(group, named.client)) for group, policy in policies)
        seen.setdefault(order, []).append(named)
        yield Progress()
    return tuple(
        Audience(same[0].client, tuple(c.name for c in same), frozenset(c.name for c in same if c.is_own))
        for same in seen.values()
    )


def _clients(groups: Sequence[Group], published: Published) -> Iterator[_NamedClient]:
    """Clients with their names, at least one for every audience."""
    world, locator = published.world, published.locator
    sets = [record_set for group in groups for record_set in group.record_sets]
    kinds = {type(record_set.routing) for record_set in sets}
    if Geolocation in kinds:
        yield from (_NamedClient(name, _at(place, locator)) for name, place in _locations(sets))
    if kinds & {Latency, Geoproximity}:
        for region in REGIONS:
            yield _NamedClient(region, _at(place_declared(DeclaredPlace(region=region), region), locator))
    yield from _networks(sets, kinds, world, locator)
    for row in world.geo.latency if Latency in kinds else ():
        if row.country is not None:
            place = place_declared(DeclaredPlace(country=row.country), row.country)
            yield _NamedClient(row.country, _at(place, locator), is_own=True)
    for point in world.server.vantage_points:
        client = _at(place_declared(point.place, point.dns), locator)
        yield _NamedClient(f"clients of {point.dns}", client, is_own=True)
    yield _NamedClient(ELSEWHERE if kinds == {IpBased} else UNLOCATED, Client.at_place(locator.unlocated))


def _at(place: Place, locator: Locator) -> Client:
    return Client.at_place(locator.with_latencies(place))


def _locations(record_sets: Sequence[RecordSet]) -> Iterator[tuple[str, Place]]:
    """The locations of geolocation record sets, and a place that is in none of them if there is one."""
    declared = list(dict.fromkeys(r.routing for r in record_sets if isinstance(r.routing, Geolocation)))
    continents = [location.continent for location in declared if location.continent is not None]
    countries = [location.country for location in declared if location.country not in (None, ANYWHERE)]
    for continent in continents:
        if (point := continent_point(continent)) is not None:
            yield f"continent {continent}", Place(*point, continent)
    for location in declared:
        if location.country is not None and location.country != ANYWHERE:
            name = location.country + (f"-{location.subdivision}" if location.subdivision else "")
            place = DeclaredPlace(country=location.country, subdivision=location.subdivision)
            yield name, place_declared(place, name)
    for country, continent in CONTINENT_OF.items():
        if country not in countries and continent not in continents:
            yield ELSEWHERE, place_declared(DeclaredPlace(country=country), ELSEWHERE)
            return


def _networks(
    record_sets: Sequence[RecordSet], kinds: set[type], world: World, locator: Locator
) -> Iterator[_NamedClient]:
    """The user's networks: those with a place, those with declared latencies, and the blocks of CIDR collections."""
    networks = [row.network for row in world.geo.networks]
    if Latency in kinds:
        networks += [row.network for row in world.geo.latency if row.network is not None]
    for collection_id in dict.fromkeys(r.routing.collection_id for r in record_sets if isinstance(r.routing, IpBased)):
        collection = world.cidr_collections.get(collection_id)
        locations = sorted(collection.locations.items()) if collection else ()
        networks += [block for _, blocks in locations for block in blocks]
    for network in networks:
        client = locator.locate(network.network_address.packed, network.prefixlen).client
        yield _NamedClient(str(network), client, is_own=True)
