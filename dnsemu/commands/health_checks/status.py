"""Shows the observations of health checkers, and the networks that they probe from (H110–H124)."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network

from dnsemu.commands.context import Context, HealthCheckObservation, Request, Response, utc
from dnsemu.commands.errors.health_checks import NoSuchHealthCheck
from dnsemu.config.model.health_checks import HealthCheck, HealthCheckId
from dnsemu.config.text.ids import bare_id
from dnsemu.healthcheck.checkers import PUBLISHED_RANGE
from dnsemu.state.step import Step

_RANGES_BY_REGION = {
    "us-east-1": ("54.243.31.192/26", "107.23.255.0/26", "2600:1f18:3fff:f800::/53", "2600:1f18:7fff:f800::/53"),
    "us-west-1": ("54.183.255.128/26", "54.241.32.64/26", "2600:1f1c:7ff:f800::/53", "2600:1f1c:fff:f800::/53"),
    "us-west-2": ("54.244.52.192/26", "54.245.168.0/26", "2600:1f14:7ff:f800::/53", "2600:1f14:fff:f800::/53"),
    "eu-west-1": ("54.228.16.0/26", "176.34.159.192/26", "2a05:d018:7ff:f800::/53", "2a05:d018:fff:f800::/53"),
    "ap-southeast-1": ("54.251.31.128/26", "54.255.254.192/26", "2406:da18:7ff:f800::/53", "2406:da18:fff:f800::/53"),
    "ap-southeast-2": ("54.252.79.128/26", "54.252.254.192/26", "2406:da1c:7ff:f800::/53", "2406:da1c:fff:f800::/53"),
    "ap-northeast-1": ("54.248.220.0/26", "54.250.253.192/26", "2406:da14:7ff:f800::/53", "2406:da14:fff:f800::/53"),
    "sa-east-1": ("54.232.40.64/26", "177.71.207.128/26", "2600:1f1e:7ff:f800::/53", "2600:1f1e:fff:f800::/53"),
}
"""Published by Route 53; no simulated checker has an address in them."""

CHECKER_RANGES: tuple[IPv4Network | IPv6Network, ...] = (
    PUBLISHED_RANGE,
    *(ip_network(block) for blocks in _RANGES_BY_REGION.values() for block in blocks),
)
"""Networks that health checkers may probe from; simulated checkers have addresses in the first (H122, H124)."""


def existing_check(step: Step, check_id: str) -> HealthCheck:
    """Returns the health check of an id, bare or with the API's prefix.

    Raises:
        NoSuchHealthCheck: it does not exist (H103).
    """
    bare = bare_id(check_id)
    check = step.world.health_checks.get(HealthCheckId(bare))
    if check is None:
        raise NoSuchHealthCheck(bare)
    return check


def get_health_check_status(request: Request, step: Step, context: Context) -> Response:
    """Returns each checker's last observation (H110); none for checks of other kinds than endpoints (H118)."""
    check = existing_check(step, request["HealthCheckId"])
    return _observations(context.live.observations(check.id))


def get_health_check_last_failure_reason(request: Request, step: Step, context: Context) -> Response:
    """Returns each checker's last failure (H113)."""
    check = existing_check(step, request["HealthCheckId"])
    return _observations(context.live.last_failures(check.id))


def _observations(observations: Iterable[HealthCheckObservation]) -> Response:
    return {
        "HealthCheckObservations": [
            {
                "Region": seen.region,
                "IPAddress": seen.address,
                "StatusReport": {"Status": seen.text, "CheckedTime": utc(seen.at)},
            }
            for seen in observations
        ]
    }


def get_checker_ip_ranges(request: Request, step: Step, context: Context) -> Response:
    """Returns the networks of the checkers, sorted as text (H120)."""
    return {"CheckerIpRanges": sorted(map(str, CHECKER_RANGES))}
