"""The request of an HTTP probe, byte for byte as Route 53's checkers send it (H40–H42)."""

import re

from dnsemu.config.model.health_checks import EndpointCheck, HealthCheckId

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


def request(check_id: HealthCheckId, check: EndpointCheck, address: str) -> bytes:
    """The whole request; it has no body.

    Args:
        address: the endpoint's, for the Host header of a check that has no name.
    Raises:
        ValueError: a name or path that no request can carry.
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
    """What is asked for, exactly as it was declared; a missing leading slash is added (H12)."""
    path = check.resource_path or "/"
    return path if path.startswith("/") else f"/{path}"


def host_header(check: EndpointCheck, address: str) -> str:
    """The name, else the address, with the port unless it is the scheme's own (H40)."""
    host = check.fully_qualified_domain_name or check.ip_address or address
    host = f"[{host}]" if ":" in host else host  # no name holds a colon, and every IPv6 address does
    default = 443 if check.type.is_tls else 80
    return host if check.effective_port == default else f"{host}:{check.effective_port}"
