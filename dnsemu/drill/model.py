"""Declared drills: populations of clients, a timeline of events, expectations. Times are whole microseconds.

Whole numbers keep comparisons of times exact, so that a report depends on nothing but the drill.
"""

from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from pathlib import Path

from dnsemu.config.model.failing import Failing
from dnsemu.config.model.health_checkers import BlockedPath
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.config.text.durations import duration_text
from dnsemu.faults.patterns import Pattern
from dnsemu.policies.location.client import Client

US_PER_S = 1_000_000

NEVER_US = 1 << 62
"""Later than the end of every drill."""

EVERY_POPULATION = "*"


def time_text(at_us: int) -> str:
    """Formats a time of a drill: `1m30s`."""
    return duration_text(at_us / US_PER_S)


@dataclass(frozen=True, slots=True)
class Caching:
    """A resolver's rule for keeping answers.

    A TTL is raised to `min_us` and lowered to `max_us`. `positive_us` and `negative_us` replace the TTL of answers and
    of empty replies. `is_endless`: an answer is never asked for again. An expired answer is used for `stale_us` longer
    while the name server fails.
    """

    min_us: int = 0
    max_us: int | None = None
    positive_us: int | None = None
    negative_us: int | None = None
    stale_us: int = 0
    is_endless: bool = False


HONEST = Caching()
JAVA = Caching(positive_us=30 * US_PER_S, negative_us=10 * US_PER_S)
ENDLESS = Caching(negative_us=10 * US_PER_S, is_endless=True)


@dataclass(frozen=True, slots=True)
class DrillPopulation:
    """Clients that ask for one name and connect to an address of the answer, each once in `interval_us`.

    `client` and `place` are the location that a name server sees: the clients', or their resolver's. A failed request
    is repeated with up to `retries` further addresses of the same answer.
    """

    name: str
    clients: int
    asks: DName
    type: RRType
    interval_us: int
    client: Client
    place: str | None = None
    caching: Caching = HONEST
    retries: int = 0


@dataclass(frozen=True, slots=True)
class Fail:
    """The endpoints of a failure domain fail."""

    pattern: Pattern
    how: Failing = field(default_factory=Failing)

    @property
    def words(self) -> str:
        """The event's own words."""
        return f"fail {self.pattern}"


@dataclass(frozen=True, slots=True)
class Heal:
    """A failure domain that failed is up again."""

    pattern: Pattern

    @property
    def words(self) -> str:
        """The event's own words."""
        return f"heal {self.pattern}"


@dataclass(frozen=True, slots=True)
class ChangeRecordSets:
    """A change batch of the Route 53 API; `request` is its members as the command takes them.

    `addresses` are those of the record sets that it writes.
    """

    zone: str
    request: dict[str, object] = field(hash=False)
    addresses: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The event's own words."""
        return f"change {self.zone}"


@dataclass(frozen=True, slots=True)
class Block:
    """Checkers are cut off from a network, or no longer if it `is_over`."""

    path: BlockedPath
    is_over: bool = False

    @property
    def words(self) -> str:
        """The event's own words."""
        network = f" {self.path.network}" if self.path.network is not None else ""
        return f"{'unblock' if self.is_over else 'block'} {self.path.checkers}{network}"


@dataclass(frozen=True, slots=True)
class DnsFault:
    """Name servers give an empty reply to a share of the questions for some names, for a while.

    `names` is a glob over names without a last dot, `reason` that of the empty reply.
    """

    names: str
    reason: str
    share: Fraction
    ends_us: int

    @property
    def words(self) -> str:
        """The event's own words."""
        return f"dns_fault {self.names} {self.reason}"


Action = Fail | Heal | ChangeRecordSets | Block | DnsFault


@dataclass(frozen=True, slots=True)
class DrillEvent:
    """One event of the timeline; `name` is for expectations that refer to it, `place` is its `file:line`."""

    at_us: int
    action: Action
    name: str | None = None
    place: str = ""

    @property
    def label(self) -> str:
        """The event's name or, without one, its own words."""
        return self.name or self.action.words


class Incident(Enum):
    """Incidents that an expectation forbids."""

    BLACK_HOLE = "black-hole"
    """A reply without an answer."""
    FAIL_OPEN = "fail-open"
    """An answer that is given because nothing is healthy."""
    ZERO_WEIGHT = "weight-zero-woken"
    """An answer of weight 0, as nothing heavier is healthy."""
    DEAD_ADDRESS = "dead-address"
    """A request to an address that is down."""
    SERVFAIL = "servfail"
    """A reply with the response code SERVFAIL."""


@dataclass(frozen=True, slots=True)
class Gets:
    """Of the requests, a share between `least` and `most` percent goes to some addresses."""

    addresses: tuple[str, ...]
    least: float = 100.0
    most: float = 100.0


@dataclass(frozen=True, slots=True)
class Never:
    """An incident does not happen."""

    incident: Incident


@dataclass(frozen=True, slots=True)
class Recovers:
    """The recovery time is at most this."""

    within_us: int


@dataclass(frozen=True, slots=True)
class ErrorMinutes:
    """The error minutes of each population are at most this."""

    most: float


@dataclass(frozen=True, slots=True)
class Expectation:
    """One expectation of one population, or of each (`*`), with the time for which it is judged.

    `from_us` and `to_us` bound that time; `after` is the event that it refers to. `words` repeats the expectation.
    """

    population: str
    wants: Gets | Never | Recovers | ErrorMinutes
    words: str
    place: str
    from_us: int = 0
    to_us: int = 0
    after: DrillEvent | None = None


@dataclass(frozen=True, slots=True)
class Drill:
    """A whole drill; `files` declare what is hosted and probed."""

    title: str
    files: tuple[Path, ...]
    seed: int
    duration_us: int
    populations: tuple[DrillPopulation, ...]
    timeline: tuple[DrillEvent, ...]
    expectations: tuple[Expectation, ...] = ()
