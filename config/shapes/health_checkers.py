"""The section `health_checkers`: Regions, blocked network paths, when probes run."""

from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, create_model, field_validator
from pydantic.functional_validators import AfterValidator
from pydantic_core import PydanticCustomError

from dnsemu.config.model.health_checkers import ALL_CHECKER_REGIONS, BlockedPath, HealthCheckers, ProbeMode
from dnsemu.config.shapes.about import Notation, about
from dnsemu.config.shapes.base import Hint, Shape, refuse
from dnsemu.config.shapes.health_checks import CHECKER_REGIONS, CheckerRegion
from dnsemu.config.shapes.networks import client_network
from dnsemu.config.text.suggestions import nearest

EVERY_CHECKER = "*"
_DEFAULT = HealthCheckers(ALL_CHECKER_REGIONS)


class _BlockedPathShape(Shape):
    """A blocked network path from some checkers to a network, or to all networks."""

    to: Annotated[
        str | None,
        Hint("H70", "blocked-network", "an address or a network such as 10.1.0.0/16; left out: everything"),
        Notation.NETWORK,
        about("The address or network that these checkers cannot reach; left out, they reach nothing."),
    ] = None

    @field_validator("to")
    @classmethod
    def _network(cls, value: str | None) -> str | None:
        return str(client_network(value, "H70")) if value is not None else None

    def declared(self) -> BlockedPath:
        """Returns the declared path."""
        return parse_blocked_path(getattr(self, "from"), self.to)


def _checkers(text: str) -> str:
    if text == EVERY_CHECKER or text in ALL_CHECKER_REGIONS:
        return text
    try:
        return str(IPv4Address(text))
    except ValueError:
        message = f"{text!r} is neither a health checkers' Region nor a checker's address"
        instead = f"write {nearest(text, ALL_CHECKER_REGIONS) or _FROM.wanted}"
        raise refuse("blocked-checkers", "H62", message, instead) from None


def parse_blocked_path(checkers: str, network: str | None) -> BlockedPath:
    """Reads a blocked network path.

    Args:
        checkers: a Region that has health checkers, a checker's address, or `*`.
        network: an address or a network; None is all.
    Raises:
        ValueError: neither of these; the message says what to write.
    """
    try:
        return BlockedPath(_checkers(checkers), client_network(network, "H70") if network is not None else None)
    except PydanticCustomError as error:
        context = error.context or {}
        raise ValueError(f"{context['message']}: {context['instead']}") from None


_FROM = Hint("H62", "blocked-checkers", f'one of {", ".join(ALL_CHECKER_REGIONS)}, a checker\'s IPv4 address, or "*"')
_FROM_ABOUT = 'The checkers that are cut off: those in a Region, one by its IPv4 address, or `"*"` for all.'

if TYPE_CHECKING:
    BlockedPathShape = _BlockedPathShape
else:  # `from` is a keyword of Python, so the field cannot be written in a class body
    BlockedPathShape = create_model(
        "BlockedPathShape",
        __base__=_BlockedPathShape,
        __doc__=_BlockedPathShape.__doc__,
        __module__=__name__,
        **{"from": (Annotated[str, AfterValidator(_checkers), _FROM, about(_FROM_ABOUT)], ...)},
    )


class HealthCheckersShape(Shape):
    """The fleet that probes (H62), and when it probes (H160)."""

    regions: Annotated[
        list[CheckerRegion] | None, Field(min_length=1), CHECKER_REGIONS,
        about("The Regions that have checkers.", default=list(ALL_CHECKER_REGIONS)),
    ] = None  # fmt: skip
    per_region: Annotated[
        int | None, Field(ge=1, le=100), Hint("H62", "checkers-per-region", "a whole number from 1 to 100"),
        about("The number of checkers in each Region; each probes and votes alone.", default=_DEFAULT.per_region),
    ] = None  # fmt: skip
    blocked: Annotated[
        list[BlockedPathShape] | None,
        about("Network paths that are cut: probes on them time out, as behind a firewall.", "H70", default=[]),
    ] = None
    strict_addresses: Annotated[
        bool | None,
        about(
            "`true` refuses health checks of addresses that Route 53 does not probe: private, loopback and the like.",
            "H7",
            default=_DEFAULT.strict_addresses,
        ),
    ] = None
    probes: Annotated[
        Literal["on", "manual", "off"] | None, Hint("H160", "probe-mode", "on, manual or off"),
        about(
            "`on` probes on schedule, `manual` only with `dnsemu probe`, `off` never; `serve --probes` wins over it.",
            default=_DEFAULT.probes.value,
        ),
    ] = None  # fmt: skip

    def declared(self, before: HealthCheckers) -> HealthCheckers:
        """Returns the health checkers with the fields that are given here replaced."""
        blocked = before.blocked if self.blocked is None else tuple(path.declared() for path in self.blocked)
        strict = before.strict_addresses if self.strict_addresses is None else self.strict_addresses
        return HealthCheckers(
            tuple(dict.fromkeys(self.regions or before.regions)),
            before.per_region if self.per_region is None else self.per_region,
            tuple(dict.fromkeys(blocked)),
            strict,
            before.probes if self.probes is None else ProbeMode(self.probes),
        )
