"""Environment variables of a command that runs beside a server."""

from collections.abc import Mapping
from pathlib import Path

REGION = "us-east-1"

_CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
_PROXIES = ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")
_REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE")


def command_environment(around: Mapping[str, str], http: str, dns: str) -> dict[str, str]:
    """Returns the variables of a command: those around it, and the server's addresses.

    A Region and credentials for AWS clients are added only where there are none, neither in variables nor in files: the
    server takes any. Where a proxy is set, the server is reached past it.

    Args:
        around: the variables of this process.
        http: `ADDRESS:PORT` of the Route 53 API and the control API.
        dns: `ADDRESS:PORT` for DNS queries.
    """
    url = f"http://{http}"
    added = {"DNSEMU_SERVER": url, "DNSEMU_DNS": dns, "AWS_ENDPOINT_URL_ROUTE_53": url}
    if not any(name in around for name in _CREDENTIALS) and not _exists(around, "AWS_SHARED_CREDENTIALS_FILE"):
        added |= {"AWS_ACCESS_KEY_ID": "dnsemu", "AWS_SECRET_ACCESS_KEY": "dnsemu"}
    if not any(name in around for name in _REGIONS) and not _exists(around, "AWS_CONFIG_FILE"):
        added |= {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
    if any(name in around for name in _PROXIES):
        host = http.rpartition(":")[0]
        added |= {name: f"{around[name]},{host}" if around.get(name) else host for name in ("no_proxy", "NO_PROXY")}
    return {**around, **added}


_FILES = {"AWS_SHARED_CREDENTIALS_FILE": ".aws/credentials", "AWS_CONFIG_FILE": ".aws/config"}


def _exists(around: Mapping[str, str], variable: str) -> bool:
    """True if a file of AWS clients exists, at the path that a variable names or below the home directory."""
    return Path(around.get(variable) or Path(around.get("HOME", "/"), _FILES[variable])).expanduser().exists()
