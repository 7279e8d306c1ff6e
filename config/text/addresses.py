"""Socket addresses as users write them: `127.0.0.1:1053`, `[::1]:1053`."""

from ipaddress import IPv6Address, ip_address
from typing import NamedTuple


class Address(NamedTuple):
    """An IP address and a port to listen on; port 0 takes a free one."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """True if only this machine can reach it."""
        return ip_address(self.host).is_loopback

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


DNS_PORT = 53
EXAMPLE_DNS_PORT = 1053
EXAMPLE_HTTP_PORT = 8053


def parse_upstream(text: str) -> Address:
    """Reads the address of a name server: `ADDRESS` or `ADDRESS:PORT`, by default port 53.

    Raises:
        ValueError: neither of these; the message says what to write.
    """
    try:
        return Address(str(ip_address(text.strip())), DNS_PORT)
    except ValueError:
        if ":" not in text:
            raise ValueError(
                f"'{text}' is no IP address: write for example 192.0.2.53, or 192.0.2.53:1053 for a port other than 53"
            ) from None
        return parse_address(text)


def parse_address(text: str, example_port: int = EXAMPLE_DNS_PORT) -> Address:
    """Reads `ADDRESS:PORT`; an IPv6 address stands in brackets.

    Args:
        text: the address.
        example_port: the port in what to write instead, where the text has none.
    Raises:
        ValueError: no IP address, no port, or a port outside 0–65535; the message says what to write.
    """
    host, colon, port = text.strip().rpartition(":")
    if not colon or port.endswith("]") or _is_address(text.strip()) > _is_address(host):
        raise ValueError(_without_port(text.strip().strip("[]"), example_port))
    if not (port.isascii() and port.isdigit() and int(port) <= 65535):
        raise ValueError(f"'{port}' in '{text}' is no port: write a number from 0 to 65535 after the colon")
    bracketed = host.startswith("[") and host.endswith("]")
    try:
        ip = ip_address(host[1:-1] if bracketed else host)
    except ValueError:
        raise ValueError(f"'{host}' in '{text}' is no IP address: write for example 127.0.0.1:{port}") from None
    if isinstance(ip, IPv6Address) is not bracketed:
        raise ValueError(f"'{text}': an IPv6 address needs brackets, any other none: write [::1]:{port}")
    return Address(str(ip), int(port))


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _without_port(text: str, example_port: int) -> str:
    if text.isascii() and text.isdigit() and int(text) <= 65535:
        return f"'{text}' has no IP address: write 127.0.0.1:{text}"
    try:
        return f"'{text}' has no port: write {Address(str(ip_address(text)), example_port)}"
    except ValueError:
        return f"'{text}' is no IP address and port: write for example 127.0.0.1:{example_port}"
