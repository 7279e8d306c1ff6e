"""The values that policies work on: groups, outcomes, states of resources; the protocols `Policy`, `Surroundings`."""

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
    """One member of a pool answers; a member's share is its tickets over the sum of all tickets."""

    tickets: tuple[tuple[RecordSet, int], ...]

    @classmethod
    def only(cls, record_set: RecordSet) -> "OneOf":
        """One record set takes every answer."""
        return cls(((record_set, 1),))

    def shares(self) -> Iterator[tuple[RecordSet, Fraction]]:
        """Yields each member with its exact share; the shares sum to one."""
        total = sum(count for _, count in self.tickets)
        return ((record_set, Fraction(count, total)) for record_set, count in self.tickets)


@dataclass(frozen=True, slots=True)
class Sample:
    """`size` of the members answer together; every subset of that size is equally likely."""

    size: int
    members: tuple[RecordSet, ...]

    def shares(self) -> Iterator[tuple[RecordSet, Fraction]]:
        """Yields each member with its exact probability to be in an answer; the probabilities sum to `size`."""
        return ((record_set, Fraction(self.size, len(self.members))) for record_set in self.members)


Outcome = OneOf | Sample


@dataclass(frozen=True, slots=True)
class TargetState:
    """A target of a resource at one instant.

    `leaf` is its answer of the type asked: a record set of one address, or None. `is_unresolved` is True if its host
    name has no address, `is_lost` if its failure domain is down; such a target is unhealthy.
    """

    target: Target
    id: HealthCheckId
    is_healthy: bool
    leaf: RecordSet | None
    is_unresolved: bool = False
    is_lost: bool = False


@dataclass(frozen=True, slots=True)
class ResourceState:
    """The answers of a resource at one instant to questions of one type, each leaf with its exact share (R106).

    `is_healthy` is inherited by an alias that evaluates its target's health (R111). It does not follow from `outcome`:
    if no target is healthy, all of them answer. `outcome` is None if no target can answer: NODATA (R107).
    """

    resource: Resource
    targets: tuple[TargetState, ...]
    is_healthy: bool
    outcome: Outcome | None

    @property
    def fails_open(self) -> bool:
        """True if unhealthy targets answer because no other can."""
        return self.outcome is not None and not any(t.is_healthy for t in self.targets if t.leaf is not None)


Criteria = dict[str, str | int | float]
"""Values by which a policy ranked a candidate, for explanations: `{"region": "eu-west-1", "latency_ms": 18.0}`."""


class Policy(Protocol):
    """The interface of a policy module; its functions are pure."""

    NAME: str
    """Route 53's name of the policy, in lower case."""

    READS_CLIENT: bool
    """True if answers depend on the client, so that an ECS answer needs a scope (R126, R132)."""

    def candidates(self, group: Group, client: Client) -> Sequence[RecordSet]:
        """Returns the record sets that may answer this client, best first."""

    def shares(self, pool: Sequence[RecordSet]) -> Outcome:
        """Divides the answers among a pool, which is never empty and in candidate order."""

    def criteria(self, record_set: RecordSet, client: Client) -> Criteria:
        """Returns the values by which the record set is ranked for this client."""


class Surroundings(Protocol):
    """Everything a decision may read, at one instant: one hosted zone, resources, health of checks."""

    def group(self, name: DName, type: RRType) -> Group | None:
        """Returns the group of exactly this name and type in the hosted zone, if there is one (R102)."""

    def target(self, alias: AliasTarget, type: RRType) -> ResourceState | None:
        """Returns the declared resource that an alias points to; None if it points into its own hosted zone (R106)."""

    def beyond(self, alias: AliasTarget) -> "Surroundings | None":
        """Returns the surroundings with the hosted zone that an alias names; None if it is not one of ours (R102a)."""

    def is_healthy(self, check: HealthCheckId) -> bool:
        """True if a health check's effective status is healthy; unknown checks are healthy (R117)."""
