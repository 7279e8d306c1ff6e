"""A change batch, worked off in Route 53's order on an image of the hosted zone (A113).

Every record set that an UPSERT addresses is taken out first; then the changes run as they were requested, each
insertion held against the image at that moment; the apex rules come last. Any message refuses the whole batch.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dnsemu.commands.record_sets.conversion import ReadRecordSet
from dnsemu.config import names
from dnsemu.config.aws.services import names_of, without_dualstack
from dnsemu.config.errors import Problem, Severity
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId, RecordSet, RecordSetKey
from dnsemu.config.model.resources import Resource
from dnsemu.config.model.routing import Geoproximity, IpBased
from dnsemu.config.model.world import World
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.config.rules.alias import alias_attempt, alias_problems
from dnsemu.config.rules.group import identity_text, subject
from dnsemu.config.rules.hosted_zone import insertion_problems

_WITH_NAMES = frozenset({RRType.CNAME, RRType.NS, RRType.PTR, RRType.MX, RRType.SRV})
"""Types whose values end in a domain name."""

NO_APEX_NS = "A HostedZone must contain at least one NS record for the zone itself."
NO_APEX_SOA = "A HostedZone must contain exactly one SOA record."


@dataclass(frozen=True, slots=True)
class BatchChange:
    """One change of a batch: CREATE, DELETE or UPSERT, and what it is about.

    `refusal` is what speaks against it whatever the zone holds, such as a protection.
    """

    action: str
    reading: ReadRecordSet
    refusal: str | None = None


class Draft:
    """A hosted zone while a batch changes it: the zone itself, and the names that were touched."""

    def __init__(self, zone: HostedZone) -> None:
        self.id: HostedZoneId = zone.id
        self.name: DName = zone.name
        self._before = zone.record_sets
        self._touched: dict[DName, dict[RecordSetKey, RecordSet]] = {}

    def at(self, name: DName) -> Sequence[RecordSet]:
        """All record sets of exactly this name."""
        touched = self._touched.get(name)
        return self._before.at(name) if touched is None else tuple(touched.values())

    def has_group(self, name: DName, type: RRType) -> bool:
        """Whether there is a record set of exactly this name and type."""
        if name in self._touched:
            return any(key[1] is type for key in self._touched[name])
        return self._before.has_group(name, type)

    def get(self, key: RecordSetKey) -> RecordSet | None:
        """A record set, or None."""
        touched = self._touched.get(key[0])
        return self._before.get(key) if touched is None else touched.get(key)

    def put(self, record_set: RecordSet) -> None:
        """Put a record set in."""
        self._touch(record_set.name)[record_set.key] = record_set

    def take(self, key: RecordSetKey) -> None:
        """Take a record set out if it is there."""
        if self.get(key) is not None:
            del self._touch(key[0])[key]

    def _touch(self, name: DName) -> dict[RecordSetKey, RecordSet]:
        if name not in self._touched:
            self._touched[name] = {record_set.key: record_set for record_set in self._before.at(name)}
        return self._touched[name]

    def difference(self) -> tuple[list[RecordSetKey], list[RecordSet]]:
        """What is gone and what was put, compared with the zone; a record set that says the same is neither (A116)."""
        gone, put = [], []
        for name, touched in self._touched.items():
            gone += [record_set.key for record_set in self._before.at(name) if record_set.key not in touched]
            for key, record_set in touched.items():
                before = self._before.get(key)
                if before is None or not _is_unchanged(record_set, before):
                    put.append(record_set)
        return gone, put


def work_off(changes: Sequence[BatchChange], zone: HostedZone, world: World) -> tuple[Draft, list[str]]:
    """Carry out the changes on an image of the zone.

    Returns:
        The image, and what Route 53 has to say against the batch: the messages of all changes in the order of the
        request (A115), those about the apex last. With any message the image is of no use.
    """
    draft = Draft(zone)
    actions = _actions(changes)
    if any(map(_is_invalid_set, actions.values())):
        return draft, list(_invalid_sets(changes, actions))
    for addressed, wanted in actions.items():
        if wanted == ["UPSERT"]:
            draft.take(addressed)
    said: list[str] = []
    failed: set[RecordSetKey] = set()
    for change in changes:
        messages = list(_messages(change, draft, world))
        key, record_set = change.reading.key, change.reading.record_set
        if messages or key is None or record_set is None:
            said += messages
            failed |= {key} if key is not None else set()
        elif change.action == "DELETE":
            draft.take(key)
        else:
            draft.put(record_set)
    return draft, [*said, *_apex_messages(draft, zone, failed)]


def _actions(changes: Sequence[BatchChange]) -> dict[RecordSetKey, list[str]]:
    """What is asked to be done with each identity."""
    found: dict[RecordSetKey, list[str]] = {}
    for change in changes:
        if change.reading.key is not None:
            found.setdefault(change.reading.key, []).append(change.action)
    return found


def _is_invalid_set(actions: Sequence[str]) -> bool:
    """An identity may occur once, or as DELETE and then CREATE or UPSERT (A114)."""
    return len(actions) > 1 and not (len(actions) == 2 and actions[0] == "DELETE" != actions[1])


def _invalid_sets(changes: Sequence[BatchChange], actions: dict[RecordSetKey, list[str]]) -> Iterator[str]:
    """Each such identity where it occurs first, and what could not be read: the zone is not looked at."""
    told: set[RecordSetKey] = set()
    for change in changes:
        yield from change.reading.messages
        key = change.reading.key
        if key is not None and key not in told and _is_invalid_set(actions[key]):
            told.add(key)
            what = f"{key[1].name} {names.to_text(key[0])}"
            yield f"The request contains an invalid set of changes for a resource record set '{what}'"


# --- one change ---


def _messages(change: BatchChange, draft: Draft, world: World) -> Iterator[str]:
    key, record_set = change.reading.key, change.reading.record_set
    if change.refusal is not None:
        yield change.refusal
    elif key is None or record_set is None:
        yield from change.reading.messages
    elif change.action == "DELETE":
        yield from _deletion(record_set, draft)
    else:
        yield from _insertion(record_set, draft, world)


def _deletion(record_set: RecordSet, draft: Draft) -> Iterator[str]:
    name = names.to_text(record_set.name)
    if not names.is_at_or_below(record_set.name, draft.name):
        yield f"RRSet with DNS name {name} is not permitted in zone {names.to_text(draft.name)}"
        return
    tried = f"Tried to delete resource record set [{identity_text(record_set)}] but"
    stored = draft.get(record_set.key)
    if stored is None:
        yield f"{tried} it was not found"
    elif not is_same(record_set, stored):
        yield f"{tried} the values provided do not match the current values"


def _insertion(record_set: RecordSet, draft: Draft, world: World) -> Iterator[str]:
    yield from _sentences(insertion_problems(record_set, draft))
    if record_set.alias is not None:
        yield from _sentences(alias_problems(record_set, draft, _resources(record_set.alias.name, world)))
        yield from _other_zone_messages(record_set, draft, world)
    if isinstance(record_set.routing, IpBased):
        yield from _cidr_messages(record_set, record_set.routing, world.hosted_zones[draft.id], world)


def _sentences(problems: Iterator[Problem]) -> Iterator[str]:
    return (problem.message for problem in problems if problem.severity is Severity.ERROR)


def _resources(name: DName, world: World) -> Mapping[DName, Resource]:
    """The declared resource that this name leads to, which may be one of two names of it."""
    resource = world.resources.get(name) or world.resources.get(without_dualstack(name))
    return {name: resource} if resource is not None and name in names_of(resource) else {}


def _other_zone_messages(record_set: RecordSet, draft: Draft, world: World) -> Iterator[str]:
    """An alias that names another hosted zone of ours has to lead to a record set in it (A169, A170)."""
    alias = record_set.alias
    if alias is None or alias.hosted_zone_id == draft.id or alias.hosted_zone_id not in world.hosted_zones:
        return
    zone = world.hosted_zones[alias.hosted_zone_id]
    tried = alias_attempt(alias, record_set.type)
    if not names.is_at_or_below(alias.name, zone.name):
        yield f"{tried} the alias target name does not lie within the target zone"
    elif not zone.record_sets.has_group(alias.name, record_set.type):
        yield f"{tried} that target was not found"


def _cidr_messages(record_set: RecordSet, routing: IpBased, zone: HostedZone, world: World) -> Iterator[str]:
    """A164, A166."""
    if zone.is_private:
        yield f"{subject(record_set)} cannot be created because CIDR RRSet is not supported with private hosted zone."
    collection = world.cidr_collections.get(routing.collection_id)
    if collection is None:
        yield f"Cannot find CidrCollection '{routing.collection_id}'. No changes made."
    elif routing.location != "*" and routing.location not in collection.locations:
        where = f"'{routing.location}' in CidrCollection '{routing.collection_id}'"
        yield f"Cannot find CidrLocation {where}. No changes made."


# --- the apex ---


def _apex_messages(draft: Draft, zone: HostedZone, failed: set[RecordSetKey]) -> Iterator[str]:
    """A zone keeps its NS and SOA (A171); one whose own change was refused is not told to be missing, too."""
    for type, message in ((RRType.NS, NO_APEX_NS), (RRType.SOA, NO_APEX_SOA)):
        key = (zone.name, type, None)
        if key in zone.record_sets and key not in failed and draft.get(key) is None:
            yield message


# --- comparison ---


def is_same(given: RecordSet, stored: RecordSet) -> bool:
    """Whether a DELETE repeats what is stored (A112): values as text in any order, a name's case and last dot apart."""
    return _but_values(given) == _but_values(stored) and _compared(given) == _compared(stored)


def _is_unchanged(given: RecordSet, stored: RecordSet) -> bool:
    """Whether an UPSERT says what is stored; other spelling is a change, another order of values is none."""
    return sorted(given.values) == sorted(stored.values) and _but_values(given) == _but_values(stored)


def _compared(record_set: RecordSet) -> list[str]:
    if record_set.type in _WITH_NAMES:
        return sorted(value.lower().removesuffix(".") for value in record_set.values)
    return sorted(record_set.values)


def _but_values(record_set: RecordSet) -> tuple[object, ...]:
    routing = record_set.routing
    # Which formula biases follow is the emulator's matter: no client can say it.
    place = (
        (routing.region, routing.local_zone_group, routing.latitude, routing.longitude, routing.bias)
        if isinstance(routing, Geoproximity)
        else routing
    )
    return record_set.key, place, record_set.ttl, record_set.alias, record_set.health_check_id
