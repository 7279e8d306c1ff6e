"""The values that policies work on: groups, what a pool of record sets comes to, and resources that aliases lead to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.record_sets import AliasTarget, RecordSet
from dnsemu.config.model.resources import Resource, Target
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.policies.location.client import Client


@dataclass(frozen=True, slots=True)
class Group:
    """All record sets of one name and type; they share a policy (R32). Never empty, ordered by set identifier."""

    name: DName
    type: RRType
    record_sets: tuple[RecordSet, ...]


@dataclass(frozen=True, slots=True)
class OneOf:
    """One member of a pool answers; a member's share is its tickets over the sum of all."""

    tickets: tuple[tuple[RecordSet, int], ...]

    def shares(self) -> Iterator[tuple[RecordSet, Fraction]]:
        """Each member with its exact share; the shares sum to one."""
        total = sum(count for _, count in self.tickets)
        return ((record_set, Fraction(count, total)) for record_set, count in self.tickets)


@dataclass(frozen=True, slots=True)
class Sample:
    """`size` of the members answer together, every subset of that size as likely as any other."""

    size: int
    members: tuple[RecordSet, ...]

    def shares(self) -> Iterator[tuple[RecordSet, Fraction]]:
        """Each member with the exact chance that it is in an answer; the chances sum to `size`."""
        return ((record_set, Fraction(self.size, len(self.members))) for record_set in self.members)


Outcome = OneOf | Sample


@dataclass(frozen=True, slots=True)
class TargetState:
    """A target of a resource at one instant; `leaf` is what it can answer of the type asked, one address or nothing.

    `is_lost` tells that its host cannot be found, and so is not healthy.
    """

    target: Target
    is_healthy: bool
    leaf: RecordSet | None
    is_lost: bool = False


@dataclass(frozen=True, slots=True)
class ResourceState:
    """What a resource answers at one instant to questions of one type, each leaf with its exact share (R106).

    `is_healthy` is what an alias that evaluates its target's health inherits (R111), which says nothing of `outcome`:
    where no target is healthy all of them answer. `outcome` is None when no target can answer: NODATA (R107).
    """

    resource: Resource
    targets: tuple[TargetState, ...]
    is_healthy: bool
    outcome: Outcome | None

    @property
    def fails_open(self) -> bool:
        """Whether the unhealthy answer, since nothing else can."""
        return self.outcome is not None and not any(t.is_healthy for t in self.targets if t.leaf is not None)


Worth = dict[str, str | int | float]
"""What made a candidate worth its rank, for explanations: `{"region": "eu-west-1", "latency_ms": 18.0}`."""


class Policy(Protocol):
    """What each policy module offers; all three are pure."""

    NAME: str
    """The policy in Route 53's words, in lower case."""

    READS_CLIENT: bool
    """Whether answers depend on who asks, so that an ECS answer needs a scope (R126, R132)."""

    def candidates(self, group: Group, client: Client) -> Sequence[RecordSet]:
        """The record sets that may answer this client, best first."""

    def shares(self, pool: Sequence[RecordSet]) -> Outcome:
        """How the answers divide among a pool that is never empty, in candidate order."""

    def worth(self, record_set: RecordSet, client: Client) -> Worth:
        """What this candidate is worth to this client, in words and numbers."""


class Surroundings(Protocol):
    """One instant of everything a decision may read: an alias's own hosted zone, resources, the health of checks."""

    def group(self, name: DName, type: RRType) -> Group | None:
        """The group of exactly this name and type in the hosted zone, if there is one (R102)."""

    def target(self, alias: AliasTarget, type: RRType) -> ResourceState | None:
        """The declared resource that an alias leads to, if it leads to one and not into its own hosted zone (R106)."""

    def is_healthy(self, check: HealthCheckId) -> bool:
        """A health check's effective status; unknown checks are healthy (R117)."""
