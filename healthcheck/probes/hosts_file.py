"""The host's own table of names, `/etc/hosts` (hosts(5))."""

from ipaddress import ip_address
from pathlib import Path

Addresses = dict[str, list[str]]


class HostsFile:
    """Reads the table again when the file changes. Look-ups may come from several threads."""

    def __init__(self, path: Path = Path("/etc/hosts")) -> None:
        self._path = path
        self._read: tuple[tuple[int, int, int] | None, Addresses] = (None, {})

    def address(self, name: str, version: int) -> str | None:
        """Returns the first address of a name for an IP version; None if there is none, or no such file."""
        found = self._addresses().get(name.rstrip(".").lower(), ())
        return next((text for text in found if ip_address(text).version == version), None)

    def _addresses(self) -> Addresses:
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
            if self._read[0] != stamp:
                self._read = (stamp, _parsed(self._path.read_text("utf-8", "replace")))
        except OSError:
            return {}
        return self._read[1]


def _parsed(text: str) -> Addresses:
    addresses: Addresses = {}
    for line in text.splitlines():
        address, *names = line.partition("#")[0].split() or [""]
        try:
            plain = str(ip_address(address.partition("%")[0]))
        except ValueError:
            continue
        for name in names:
            addresses.setdefault(name.rstrip(".").lower(), []).append(plain)
    return addresses
