"""Probes that leave loopback and private networks: found before they surprise anyone, and logged."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address

import structlog

from dnsemu.config import names
from dnsemu.config.model.addresses import unmapped
from dnsemu.config.model.batches import Steps, at_once
from dnsemu.config.model.health_checkers import HealthCheckers, ProbeMode
from dnsemu.config.model.health_checks import EndpointCheck, HealthCheck, HealthCheckId
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.healthcheck.checkers import checkers_of
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.lookup import Hit, NotOurs, Referral, lookup

MAX_LOGGED = 3
"""Endpoints that a line of the log names; it counts the others."""

_PRIVATE_DOMAINS = tuple(
    map(names.parse, ("localhost", "local", "test", "invalid", "example", "internal", "home.arpa"))
)
"""Domains that the public DNS does not have (RFC 6761, RFC 6762, RFC 8375; ICANN for `internal`)."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class OutsideProbes:
    """Scheduled probes that leave loopback and private networks.

    `endpoints` are the health checks with an address or name outside; `checkers` is the largest number of one of them.
    """

    endpoints: dict[HealthCheckId, str]
    per_minute: float = 0.0
    checkers: int = 0

    def __str__(self) -> str:
        shown = sorted(set(self.endpoints.values()))
        more = f" and {len(shown) - MAX_LOGGED} more" if len(shown) > MAX_LOGGED else ""
        number = len(self.endpoints)
        checks = "1 health check probes an endpoint" if number == 1 else f"{number:,} health checks probe endpoints"
        return (
            f"{checks} outside loopback and private networks, from up to {self.checkers} checkers each, "
            f"{self.per_minute:,.0f} probes a minute in all: {', '.join(shown[:MAX_LOGGED])}{more}"
        )


class OutsideProbeLog:
    """Logs probes that leave loopback and private networks, in one line, when there are new ones."""

    def __init__(self) -> None:
        self._logged: dict[HealthCheckId, str] = {}
        """The endpoint of each declared health check that was logged."""

    def note(
        self,
        changed: Iterable[HealthCheckId],
        checks: Mapping[HealthCheckId, HealthCheck],
        catalog: Catalog,
        fleet: HealthCheckers,
    ) -> None:
        """Takes note of health checks that were added, changed or removed.

        Args:
            checks: all declared health checks.
        """
        known = (checks[check_id] for check_id in changed if check_id in checks)
        found = at_once(outside_probes(known, catalog, fleet))
        has_new = any(self._logged.get(check_id) != endpoint for check_id, endpoint in found.endpoints.items())
        self._logged |= found.endpoints
        if len(self._logged) > len(checks):
            self._logged = {check_id: endpoint for check_id, endpoint in self._logged.items() if check_id in checks}
        if has_new:
            log.warning(f"{found}; --probes manual or health_checkers: {{probes: manual}} stops them")


def outside_probes(checks: Iterable[HealthCheck], catalog: Catalog, fleet: HealthCheckers) -> Steps[OutsideProbes]:
    """Finds the scheduled probes that leave loopback and private networks, in a step for each check.

    A name in a hosted zone counts by the addresses that it may answer with; any other by itself, without a look-up.
    """
    endpoints: dict[HealthCheckId, str] = {}
    per_minute, most = 0.0, 0
    for check in checks if fleet.probes is ProbeMode.ON else ():
        config = check.config
        if not isinstance(config, EndpointCheck) or check.disabled:
            continue
        outside = _outside(config, catalog)
        yield
        if outside is not None:
            checkers = len(list(checkers_of(config, fleet)))
            endpoints[check.id] = outside
            per_minute += checkers * 60 / config.request_interval_s
            most = max(most, checkers)
    return OutsideProbes(endpoints, per_minute, most)


def _outside(config: EndpointCheck, catalog: Catalog) -> str | None:
    """Returns the address or name outside that an endpoint leads to, if any."""
    if config.ip_address is not None:
        return config.ip_address if _is_outside(config.ip_address) else None
    try:
        return next(_destinations(names.parse(config.fully_qualified_domain_name or ""), catalog), None)
    except names.BadName:
        return None


def _destinations(first: DName, catalog: Catalog) -> Iterator[str]:
    """Yields the addresses and names outside to which a name may lead: through aliases, CNAMEs and resources."""
    waiting, seen = [first], set[DName]()
    while waiting:  # no recursion, as a chain of CNAMEs may be as long as its hosted zone
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        resource = catalog.resources.get(name)
        if resource is not None:
            targets = resource.declared.targets
            waiting += (target.host for target in targets if target.host is not None)
            yield from filter(_is_outside, (str(target.address) for target in targets if target.address is not None))
            continue
        found = lookup(catalog, name, RRType.A)
        if isinstance(found, NotOurs | Referral):
            yield from _public_name(name)
        for group in found.groups if isinstance(found, Hit) else ():
            for record_set in group.record_sets:
                if record_set.alias is not None:
                    waiting.append(record_set.alias.name)
                elif record_set.type is RRType.CNAME:
                    waiting.append(DName(record_set.rdata[0].lower()))
                else:
                    yield from filter(_is_outside, map(str, map(ip_address, record_set.rdata)))


def _public_name(name: DName) -> Iterator[str]:
    text = names.display(name).rstrip(".")
    try:
        is_public = _is_outside(text)
    except ValueError:  # a name and not an address
        is_public = "." in text and not any(ancestor in _PRIVATE_DOMAINS for ancestor in names.ancestors(name))
    if is_public:
        yield text


@lru_cache(maxsize=65536)
def _is_outside(address: str) -> bool:
    """True if packets to an address leave loopback and private networks.

    Raises:
        ValueError: not an address.
    """
    ip = ip_address(address)
    return ip_address(unmapped(ip.packed, ip.max_prefixlen)[0]).is_global
