"""The health checkers as they are written: where they stand, what keeps them from endpoints, whether they probe."""

import difflib
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, create_model, field_validator
from pydantic.functional_validators import AfterValidator
from pydantic_core import PydanticCustomError

from dnsemu.config.model.health_checkers import ALL_CHECKER_REGIONS, BlockedPath, HealthCheckers, ProbeMode
from dnsemu.config.shapes.base import Says, Shape, refuse
from dnsemu.config.shapes.health_checks import CHECKER_REGIONS, CheckerRegion
from dnsemu.config.shapes.networks import client_network

EVERY_CHECKER = "*"


class _BlockedShape(Shape):
    """A path that is down, from some checkers to a network, or to everything."""

    to: Annotated[
        str | None, Says("H70", "blocked-network", "an address or a network such as 10.1.0.0/16; left out: everything")
    ] = None

    @field_validator("to")
    @classmethod
    def _network(cls, value: str | None) -> str | None:
        return str(client_network(value, "H70")) if value is not None else None

    def declared(self) -> BlockedPath:
        """The path that was written."""
        return parse_blocked(getattr(self, "from"), self.to)


def _checkers(text: str) -> str:
    if text == EVERY_CHECKER or text in ALL_CHECKER_REGIONS:
        return text
    try:
        return str(IPv4Address(text))
    except ValueError:
        near = difflib.get_close_matches(text[:64].lower(), ALL_CHECKER_REGIONS, 1)
        message = f"{text!r} is neither a health checkers' Region nor a checker's address"
        raise refuse("blocked-checkers", "H62", message, f"write {near[0] if near else _FROM.wanted}") from None


def parse_blocked(checkers: str, network: str | None) -> BlockedPath:
    """Read a path that is down.

    Args:
        checkers: a health checkers' Region, one checker's address, or `*`.
        network: an address or a network; None is everything.
    Raises:
        ValueError: one of them is none of these; the message says what to write.
    """
    try:
        return BlockedPath(_checkers(checkers), client_network(network, "H70") if network is not None else None)
    except PydanticCustomError as error:
        said = error.context or {}
        raise ValueError(f"{said['message']}: {said['instead']}") from None


_FROM = Says("H62", "blocked-checkers", f'one of {", ".join(ALL_CHECKER_REGIONS)}, a checker\'s IPv4 address, or "*"')

if TYPE_CHECKING:
    BlockedShape = _BlockedShape
else:  # the field is called as a word of Python's is
    BlockedShape = create_model(
        "BlockedShape",
        __base__=_BlockedShape,
        __doc__=_BlockedShape.__doc__,
        __module__=__name__,
        **{"from": (Annotated[str, AfterValidator(_checkers), _FROM], ...)},
    )


class HealthCheckersShape(Shape):
    """Where probes are made from (H62), and when (H160)."""

    regions: Annotated[list[CheckerRegion] | None, Field(min_length=1), CHECKER_REGIONS] = None
    per_region: Annotated[
        int | None, Field(ge=1, le=100), Says("H62", "checkers-per-region", "a whole number from 1 to 100")
    ] = None
    blocked: list[BlockedShape] | None = None
    strict_addresses: bool | None = None
    probes: Annotated[Literal["on", "manual", "off"] | None, Says("H160", "probe-mode", "on, manual or off")] = None

    def declared(self, before: HealthCheckers) -> HealthCheckers:
        """The health checkers that were written; what was not is as it was before."""
        blocked = before.blocked if self.blocked is None else tuple(path.declared() for path in self.blocked)
        strict = before.strict_addresses if self.strict_addresses is None else self.strict_addresses
        return HealthCheckers(
            tuple(dict.fromkeys(self.regions or before.regions)),
            before.per_region if self.per_region is None else self.per_region,
            tuple(dict.fromkeys(blocked)),
            strict,
            before.probes if self.probes is None else ProbeMode(self.probes),
        )
