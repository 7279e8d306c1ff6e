"""Rules for health checks: fields that exclude or require each other, children, reserved addresses."""

from collections.abc import Callable, Collection, Iterator, Mapping
from ipaddress import ip_address

from dnsemu.config.aws.reserved_addresses import is_reserved
from dnsemu.config.errors import Path, Problem
from dnsemu.config.model.health_checks import CalculatedCheck, CheckConfig, EndpointCheck, HealthCheck, HealthCheckId
from dnsemu.config.shapes.base import validate
from dnsemu.config.shapes.health_checks import HealthCheckShape, written

_EXCLUDED: dict[str, list[tuple[str, str, str]]] = {
    "calculated": [
        ("failure_threshold", "H21", "Calculated health checks must not have a failure threshold specified."),
        ("port", "H22", "Invalid parameter : Calculated health checks must not have a port specified."),
        ("ip_address", "H22", "Invalid parameter : Calculated health checks must not have an IP address specified."),
        ("regions", "H22", "Invalid parameter : Calculated health checks must not have regions specified."),
    ],
    "metric": [
        ("port", "H28", "Invalid parameter : Metric-based health checks must not have a port specified."),
        ("ip_address", "H28", "Invalid parameter : Metric-based health checks must not have an IP address specified."),
    ],
    "recovery": [],
    "endpoint": [
        (
            "child_health_checks", "H23",
            "Invalid parameter : Only calculated health checks can have child health checks specified.",
        ),
        (
            "health_threshold", "H23",
            "Invalid parameter : Only calculated health checks can have a health threshold specified.",
        ),
        (
            "alarm_identifier", "H25",
            "Invalid parameter : Basic health checks must not have an metric region specified.",
        ),
        (
            "insufficient_data_health_status", "H26",
            "Invalid parameter : Basic health checks must not have an insufficient data health state specified.",
        ),
    ],
}  # fmt: skip
"""By family: a field that it does not have, the rule, and Route 53's message."""


def problems(check: HealthCheckShape) -> Iterator[Problem]:
    """Yields problems between the fields of a check: those that exclude or require each other (H4–H34)."""
    for field, rule, message in _EXCLUDED[check.family]:
        if getattr(check, field) is not None:
            plain = f"a health check of type {check.type} has no {field}"
            yield Problem("check-field", rule, message, f"leave {field} out", (field,), plain=plain)
    if check.family != "metric" and check.cloud_watch_alarm_configuration is not None:
        message = f"only CLOUDWATCH_METRIC health checks follow an alarm, not {check.type}"
        yield Problem("check-field", "H89", message, "leave it out", ("cloud_watch_alarm_configuration",))
    if check.family == "endpoint":
        yield from _endpoint_problems(check)
    if check.family == "calculated" and check.health_threshold is None:
        message = "Invalid parameter : Calculated health checks must have a health threshold specified."
        instead = "write health_threshold, the number of healthy children wanted"
        yield Problem("health-threshold", "H83", message, instead, plain="health_threshold is missing")
    if check.family == "metric" and check.alarm_identifier is None:
        message, instead = "Alarm identifier must not be null.", "write alarm_identifier: {region: …, name: …}"
        yield Problem("alarm-missing", "H27", message, instead, plain="alarm_identifier is missing")
    if check.family == "recovery" and check.routing_control_arn is None:
        message, instead = "Routing control ARN must not be null", "write routing_control_arn"
        yield Problem("routing-control", "H32", message, instead, plain="routing_control_arn is missing")


def model_problems(check: HealthCheck) -> Iterator[Problem]:
    """Yields problems of a check that was not written by hand, such as a stored one: the rules are those of files."""
    shape, found = validate(HealthCheckShape, written(check))
    yield from found if shape is None else problems(shape)


def _endpoint_problems(check: HealthCheckShape) -> Iterator[Problem]:
    has_name = check.fully_qualified_domain_name is not None
    if check.ip_address is None and not has_name:
        message = "Invalid parameter : IP address and fully qualified domain name can not be both empty."
        plain = "the health check has no endpoint"
        yield Problem("check-endpoint", "H4", message, "write ip_address or fully_qualified_domain_name", plain=plain)
    matches = check.type.endswith("_STR_MATCH")
    if check.type == "TCP":
        yield from _tcp_problems(check)
    elif matches and check.search_string is None:
        message = "String match health checks must have a search string specified."
        yield Problem("search-string", "H20", message, "write search_string", plain="search_string is missing")
    if not matches and check.search_string is not None:
        message = f"{check.type} health checks must not have a search string specified."
        instead = f"write type: {check.type}_STR_MATCH, or leave it out" if check.type != "TCP" else "leave it out"
        plain = f"a health check of type {check.type} has no search_string"
        yield Problem("search-string", "H19", message, instead, ("search_string",), plain=plain)
    if check.enable_sni and not check.type.startswith("HTTPS"):
        kind = check.type.removesuffix("_STR_MATCH")
        message = f"Invalid parameter : Health checks with {kind} type must not enable SNI support."
        plain = f"a health check of type {check.type} sends no name for TLS"
        yield Problem("sni", "H34", message, "leave it out", ("enable_sni",), plain=plain)


def _tcp_problems(check: HealthCheckShape) -> Iterator[Problem]:
    if check.ip_address is not None and check.fully_qualified_domain_name is not None:
        message = "TCP health checks that have IP address must not have a fully qualified domain name specified."
        plain, at = "a TCP health check has an ip_address or a name, not both", ("fully_qualified_domain_name",)
        yield Problem("check-endpoint", "H5", message, "leave one of them out", at, plain=plain)
    if check.port is None:
        message = "Invalid parameter : TCP health checks must have a port specified."
        yield Problem("check-port", "H55", message, "write port", plain="port is missing")
    if check.resource_path is not None:
        message = "TCP health checks must not have a resource path specified."
        plain = "a TCP health check has no resource_path"
        yield Problem("check-path", "H18", message, "leave it out", ("resource_path",), plain=plain)


def missing_check(check: str | None, check_ids: Collection[str], path: Path) -> Iterator[Problem]:
    """Yields a problem if something refers to a health check that is not declared (H156).

    Args:
        check: the id referred to, if any.
        check_ids: the ids of all health checks.
        path: the position of the reference.
    """
    if check is not None and check not in check_ids:
        instead = "declare it under health_checks, or write the id of one that is"
        yield Problem("no-such-check", "H156", f"there is no health check {check}", instead, path)


def child_problems(
    check: HealthCheck, kind_of: Callable[[HealthCheckId], type[CheckConfig] | None]
) -> Iterator[Problem]:
    """Yields problems of children that do not exist or are calculated checks (H24, H81).

    Args:
        check: a check of any kind.
        kind_of: returns the kind of the check with an id, None if there is none.
    """
    if not isinstance(check.config, CalculatedCheck):
        return
    for index, child in enumerate(check.config.children):
        kind = kind_of(child)
        if kind is None or kind is CalculatedCheck:
            message = f"Invalid parameter : Child health check IDs do not exist or are deleted: {child}"
            instead = "a calculated check cannot be a child" if kind else "write the id of a declared health check"
            rule = "H81" if kind else "H24"
            plain = f"{child} is a calculated health check" if kind else f"there is no health check {child}"
            yield Problem("child-check", rule, message, instead, ("child_health_checks", index), plain=plain)


def ring_problems(checks: Mapping[HealthCheckId, HealthCheck]) -> Iterator[tuple[HealthCheckId, Problem]]:
    """Yields, for each ring of calculated checks, the check that closes it (H81); each check is visited once."""
    children = {
        check.id: check.config.children for check in checks.values() if isinstance(check.config, CalculatedCheck)
    }
    done: set[HealthCheckId] = set()
    for start in children:
        path: dict[HealthCheckId, Iterator[HealthCheckId]] = {start: iter(children[start])} if start not in done else {}
        while path:
            check_id, rest = next(reversed(path.items()))
            child = next(rest, None)
            if child is None:
                done.add(check_id)
                path.popitem()
            elif child in path:
                ring = " → ".join([*list(path)[list(path).index(child) :], child])
                message = f"calculated health checks are their own children: {ring}"
                instead = "a calculated check cannot be a child of itself"
                yield check_id, Problem("child-ring", "H81", message, instead, ("child_health_checks",))
            elif child in children and child not in done:
                path[child] = iter(children[child])


def address_problems(check: HealthCheck) -> Iterator[Problem]:
    """Yields a problem if Route 53 refuses to probe the address (H7); host names are not looked up (H8)."""
    address = check.config.ip_address if isinstance(check.config, EndpointCheck) else None
    if address is not None and is_reserved(address):
        message = f"IPv{ip_address(address).version} address {address} is forbidden"
        plain = f"Route 53 does not probe {address}"
        instead = "write a public address, or leave out health_checkers.strict_addresses"
        yield Problem("check-address", "H7", message, instead, ("ip_address",), plain=plain)
