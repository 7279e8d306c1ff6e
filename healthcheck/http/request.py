"""The request of an HTTP probe, the same bytes as Route 53's checkers send (H40–H42)."""

import re

from dnsemu.config.model.health_checks import EndpointCheck, HealthCheckId

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


def request(check_id: HealthCheckId, check: EndpointCheck, address: str) -> bytes:
    """Builds the request, which has no body.

    Args:
        address: the endpoint's address, for the Host header if the check has no name.
    Raises:
        ValueError: the name or path cannot be sent in a request.
    """
    path, host = target(check), host_header(check, address)
    for part, text in (("path", path), ("host", host)):
        if _CONTROLS.search(text):
            raise ValueError(f"The {part} holds a control character")
    return (
        f"GET {path} HTTP/1.1\r\n"
        f"Host: {host}\r\n"
        "Accept: */*\r\n"
        "Accept-Encoding: identity,gzip,deflate\r\n"
        f"User-Agent: Amazon-Route53-Health-Check-Service (ref {check_id}; report http://amzn.to/1vsZADi)\r\n"
        "\r\n"
    ).encode()


def target(check: EndpointCheck) -> str:
    """The request target: the declared path, unchanged but for a missing leading slash (H12)."""
    path = check.resource_path or "/"
    return path if path.startswith("/") else f"/{path}"


def host_header(check: EndpointCheck, address: str) -> str:
    """The name, else the address, with the port unless it is the scheme's default (H40)."""
    host = check.fully_qualified_domain_name or check.ip_address or address
    host = f"[{host}]" if ":" in host else host  # an IPv6 address; names have no colon
    default = 443 if check.type.is_tls else 80
    return host if check.effective_port == default else f"{host}:{check.effective_port}"
