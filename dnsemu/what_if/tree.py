"""The answer tree: all record sets that may answer a question, for any client and any health."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dnsemu.answering.resolution import Link, ZoneSurroundings, resolve
from dnsemu.config import names
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.model.resources import Resource, Target
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.healthcheck.verdict.snapshot import HealthSnapshot
from dnsemu.policies.location.client import Client
from dnsemu.policies.location.place import Place
from dnsemu.policies.model import Group
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.lookup import Hit

MAX_LINKS = 1000
"""Bound on paths along CNAMEs; a tree with more is refused."""

_ANYONE = Client.at_place(Place(0.0, 0.0))


class Unanswered(ValueError):
    """No record set answers the question, so nothing can fail."""


class TooManyLinks(ValueError):
    """CNAMEs lead to more than `MAX_LINKS` paths."""


@dataclass(frozen=True, slots=True)
class AnswerTree:
    """The groups that a question leads to, along aliases and CNAMEs, each once.

    `roots` are the groups that no alias above reads the health of: the question's and those that CNAMEs lead to.
    `targets` and `cnames` hold what aliases and CNAMEs lead to, by the identity of the record set: two hosted zones may
    have record sets of one name.
    """

    name: DName
    type: RRType
    groups: tuple[Group, ...]
    roots: tuple[Group, ...]
    targets: dict[int, Group | Resource]
    cnames: dict[int, Group]

    def target(self, record_set: RecordSet) -> Group | Resource | None:
        """The group or resource that an alias leads to; None for a leaf, and if there is no such target."""
        return self.targets.get(id(record_set))

    def below(self, record_set: RecordSet) -> Group | Resource | None:
        """The group or resource that an alias or a CNAME leads to."""
        return self.target(record_set) or self.cnames.get(id(record_set))

    @property
    def size(self) -> int:
        """The number of record sets and targets whose health one decision evaluates."""
        targets = (self.target(record_set) for record_set in self.record_sets())
        return sum(1 + len(t.targets) if isinstance(t, Resource) else 1 for t in targets)

    def record_sets(self) -> Iterator[RecordSet]:
        """Every record set."""
        return (record_set for group in self.groups for record_set in group.record_sets)

    def resources(self) -> Iterator[Resource]:
        """The resource of each alias that leads to one."""
        return (target for target in map(self.target, self.record_sets()) if isinstance(target, Resource))

    def resource_targets(self) -> dict[HealthCheckId, tuple[Resource, Target]]:
        """The targets of the resources, by their ids."""
        return {
            id: (resource, target)
            for resource in self.resources()
            for id, target in zip(resource.target_ids, resource.targets, strict=True)
        }

    def checks(self) -> tuple[HealthCheckId, ...]:
        """The health checks that record sets and targets name, each once."""
        found = [check for record_set in self.record_sets() for check in self.checks_of(record_set)]
        return tuple(dict.fromkeys(found))

    def checks_of(self, record_set: RecordSet) -> list[HealthCheckId]:
        """The health checks of a record set, and of the targets of its resource."""
        target = self.target(record_set)
        targets = target.targets if isinstance(target, Resource) else ()
        return [c for c in (record_set.health_check_id, *(t.health_check_id for t in targets)) if c is not None]


def tree_of(catalog: Catalog, name: DName, type_: RRType) -> AnswerTree:
    """Walks down from a question along all aliases and CNAMEs.

    Raises:
        Unanswered: no record set answers.
        TooManyLinks: more than `MAX_LINKS` paths along CNAMEs.
    """
    first = resolve(catalog, HealthSnapshot(), _ANYONE, name, type_)
    if not isinstance(first.found, Hit):
        raise Unanswered(f"no record set answers {names.display(name)} {type_.name}")
    surroundings = ZoneSurroundings(catalog, first.found.zone, HealthSnapshot())
    groups: dict[int, Group] = {}
    roots: dict[int, Group] = {}
    targets: dict[int, Group | Resource] = {}
    cnames: dict[int, Group] = {}
    waiting = [first]
    links = 0
    while waiting:
        link = waiting.pop()
        links += 1
        if links > MAX_LINKS:
            raise TooManyLinks(f"CNAMEs lead on from {names.display(name)} in more than {MAX_LINKS} ways")
        assert isinstance(link.found, Hit)
        (root,) = link.found.groups
        roots[id(root)] = root
        reached = _reached(surroundings, root, targets)
        groups |= reached
        for cname, next_link in _followed(link, reached.values()) if link.follows_cname else ():
            assert isinstance(next_link.found, Hit)
            cnames[id(cname)] = next_link.found.groups[0]
            waiting.append(next_link)
    return AnswerTree(name, type_, tuple(groups.values()), tuple(roots.values()), targets, cnames)


def _followed(link: Link, groups: Iterable[Group]) -> Iterator[tuple[RecordSet, Link]]:
    """The CNAMEs in the groups that lead to record sets, each with its next link."""
    for record_set in (record_set for group in groups for record_set in group.record_sets if not record_set.alias):
        next_link = link.next_link(record_set)
        if next_link is not None and isinstance(next_link.found, Hit):
            yield record_set, next_link


def _reached(surroundings: ZoneSurroundings, root: Group, targets: dict[int, Group | Resource]) -> dict[int, Group]:
    """A group and all groups that its aliases lead to; what each alias leads to is added to `targets`."""
    found = {id(root): root}
    waiting = [(root, surroundings)]
    while waiting:
        group, here = waiting.pop()
        for record_set in group.record_sets:
            alias = record_set.alias
            if alias is None:
                continue
            state, beyond = here.target(alias, record_set.type), here.beyond(alias)
            if state is not None:
                targets[id(record_set)] = state.resource
            elif beyond is not None and (target := beyond.group(alias.name, record_set.type)) is not None:
                targets[id(record_set)] = target
                if id(target) not in found:
                    found[id(target)] = target
                    waiting.append((target, beyond))
    return found
