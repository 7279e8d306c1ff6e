"""The shape of a drill file, section by section."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, create_model
from pydantic.functional_validators import AfterValidator

from dnsemu.config.errors import message_and_instead
from dnsemu.config.shapes.about import Notation, about
from dnsemu.config.shapes.base import Hint, Shape, refuse
from dnsemu.config.shapes.change_batches import BatchShape
from dnsemu.config.shapes.health_checkers import BlockedPathShape
from dnsemu.config.text.durations import parse_duration

MAX_CLIENTS = 1_000_000_000
MAX_RETRIES = 100


def _duration(text: str) -> str:
    try:
        parse_duration(text)
    except ValueError as error:
        raise refuse("duration", "", *message_and_instead(error)) from None
    return text


Duration = Annotated[
    str, AfterValidator(_duration), Hint("", "duration", "a duration such as 90s or 1m30s"), Notation.DURATION
]


class DrillShape(Shape):
    """A whole drill file; the entries of its lists are checked one at a time."""

    REFUSED_FIELDS: ClassVar[Mapping[str, str]] = {
        "title": "write drill: and the title",
        "events": "write timeline",
        "expectations": "write expect",
        "clients": "write populations",
    }

    drill: Annotated[str, about("The title.")]
    files: Annotated[list[str], Field(min_length=1), about("What is hosted and probed; relative to this file.")]
    seed: Annotated[int, Field(ge=0), about("The phases of probes follow from it.")] = 0
    duration: Annotated[Duration | None, about("The end; left out, five minutes after the last event.")] = None
    mode: Annotated[Literal["virtual", "real"], about("Simulated endpoints and a virtual clock, or real ones.")] = (
        "virtual"
    )
    populations: Annotated[list[Any], Field(min_length=1), about("The clients.")]
    timeline: Annotated[list[Any] | None, about("Events, in any order.")] = None
    expect: Annotated[list[Any] | None, about("Expectations; each passes or fails.")] = None


class ResolverShape(Shape):
    """A resolver that keeps answers by rules of the user."""

    ecs: Annotated[bool, about("`false`: name servers see the resolver's place, not the client's.")] = True
    place: Annotated[str | None, Notation.PLACE, about("The resolver's place; left out, the clients'.")] = None
    min_ttl: Annotated[Duration | None, about("Answers are kept at least this long.")] = None
    max_ttl: Annotated[Duration | None, about("Answers are kept at most this long.")] = None
    serve_stale: Annotated[Duration | None, about("While name servers fail, expired answers are used so long.")] = None


class PopulationShape(Shape):
    """Clients at one place that ask for one name."""

    REFUSED_FIELDS: ClassVar[Mapping[str, str]] = {"name_asked": "write asks", "interval": "write every"}

    name: Annotated[str, Field(min_length=1)]
    place: Annotated[str | None, Notation.PLACE] = None
    clients: Annotated[int, Field(ge=1, le=MAX_CLIENTS)] = 1
    asks: Annotated[str, Notation.DOMAIN_NAME]
    type: Annotated[Literal["A", "AAAA"], Hint("", "client-type", "A or AAAA: clients connect to an address")] = "A"
    every: Duration = "1s"
    resolver: Any = "honest"
    retries: Annotated[int, Field(ge=0, le=MAX_RETRIES)] = 0


class HowShape(Shape):
    """The way in which endpoints fail, with its value."""

    slow: Duration | None = None
    status: Annotated[
        int | None,
        Field(ge=400, le=599),
        Hint("", "status", "a status code from 400 to 599; probes pass with 2xx and 3xx"),
    ] = None
    body: str | None = None


class _DnsFaultShape(Shape):
    """A fault of the name servers: exactly one of `rcode`, `drop` and `empty`."""

    name: Annotated[str, Field(min_length=1)]
    rcode: Annotated[
        Literal["SERVFAIL", "REFUSED", "NXDOMAIN"] | None, Hint("", "rcode", "SERVFAIL, REFUSED or NXDOMAIN")
    ] = None
    drop: Annotated[Literal[True] | None, Hint("", "drop", "true, or leave it out")] = None
    empty: Annotated[Literal[True] | None, Hint("", "empty", "true, or leave it out")] = None
    share: str | None = None


class _DrillEventShape(HowShape):
    """One event of the timeline: exactly one of `fail`, `heal`, `change`, `block` and `dns_fault`."""

    at: Duration
    name: Annotated[str | None, Field(min_length=1)] = None
    fail: str | None = None
    how: Any = None
    heal: str | None = None
    change: BatchShape | None = None
    block: BlockedPathShape | None = None
    dns_fault: Any = None
    run: str | None = None


if TYPE_CHECKING:
    DnsFaultShape = _DnsFaultShape
    DrillEventShape = _DrillEventShape
else:  # `for` is a keyword of Python, so the field cannot be written in a class body
    _FOR = {"for": (Duration | None, None)}
    DnsFaultShape = create_model("DnsFaultShape", __base__=_DnsFaultShape, __module__=__name__, **_FOR)
    DrillEventShape = create_model("DrillEventShape", __base__=_DrillEventShape, __module__=__name__, **_FOR)


class ExpectationShape(Shape):
    """One expectation: exactly one of `gets`, `never`, `recovers` and `error_minutes`."""

    population: Annotated[str, Field(min_length=1)]
    after: str | None = None
    gets: Annotated[list[str] | None, Field(min_length=1)] = None
    share: str | None = None
    within: Duration | None = None
    never: Annotated[
        Literal["black-hole", "fail-open", "weight-zero-woken", "dead-address", "servfail"] | None,
        Hint("", "incident", "black-hole, fail-open, weight-zero-woken, dead-address or servfail"),
    ] = None
    recovers: Duration | None = None
    error_minutes: Annotated[float | int | None, Field(ge=0)] = None
