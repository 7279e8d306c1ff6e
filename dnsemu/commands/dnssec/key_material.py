"""P-256 keys for DNSSEC and their DNS records, in integer arithmetic, so that no library is needed.

Only for keys of emulated zones: the running time depends on the private key, which leaks it.
"""

from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256, sha512

from dnsemu.config.names import DName

ALGORITHM = 13
"""ECDSAP256SHA256 (RFC 6605 §4, R152)."""

DIGEST_TYPE = 2
"""SHA-256 (RFC 4509, R152)."""

KEY_SIGNING_FLAGS = 257
"""A zone key that is a secure entry point (RFC 4034 §2.1.1, R152)."""

_PROTOCOL = 3

# The curve y² = x³ − 3x + b over the field of _P elements: its base point, and the number of its points (FIPS 186-4).
_P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
_BASE = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

_Point = tuple[int, int]


def private_key(seed: bytes) -> int:
    """Returns the private key of a seed: a number from 1 to one less than the curve's order."""
    return int.from_bytes(sha512(seed).digest()) % (_ORDER - 1) + 1


def public_key(private: int) -> bytes:
    """Returns the public key of a private key: both coordinates of a point, 32 bytes each (RFC 6605 §4).

    Raises:
        ValueError: the private key is not from 1 to one less than the curve's order.
    """
    if not 0 < private < _ORDER:
        raise ValueError("a private key is at least 1 and less than the order of P-256")
    x, y = _times(private, _BASE)
    return x.to_bytes(32) + y.to_bytes(32)


def _times(factor: int, point: _Point) -> _Point:
    """Multiplies a point by a number: one doubling for each bit after the first."""
    product = point
    for bit in f"{factor:b}"[1:]:
        product = _plus(product, product)
        if bit == "1":
            product = _plus(product, point)
    return product


def _plus(one: _Point, other: _Point) -> _Point:
    """Adds two points that are not each other's negative; multiples below the order never are."""
    (x1, y1), (x2, y2) = one, other
    slope = (3 * x1 * x1 - 3) * pow(2 * y1, -1, _P) if one == other else (y2 - y1) * pow(x2 - x1, -1, _P)
    x3 = (slope * slope - x1 - x2) % _P
    return x3, (slope * (x1 - x3) - y1) % _P


@dataclass(frozen=True, slots=True)
class DnsKey:
    """A DNSKEY record of algorithm 13, and the DS record that refers to it (A263)."""

    owner: DName
    public_key: bytes
    flags: int = KEY_SIGNING_FLAGS

    @property
    def rdata(self) -> bytes:
        """The DNSKEY record's rdata: flags, protocol, algorithm, key (RFC 4034 §2.1)."""
        return self.flags.to_bytes(2) + bytes((_PROTOCOL, ALGORITHM)) + self.public_key

    @property
    def key_tag(self) -> int:
        """The checksum that identifies the key, 0–65535 (RFC 4034 appendix B)."""
        rdata = self.rdata
        total = sum(rdata[0::2]) * 256 + sum(rdata[1::2])
        return (total + (total >> 16)) & 0xFFFF

    @property
    def digest(self) -> str:
        """SHA-256 of owner name and rdata, in upper-case hexadecimal digits (RFC 4034 §5.1.4)."""
        return sha256(self.owner + self.rdata).hexdigest().upper()

    @property
    def dnskey_text(self) -> str:
        """The DNSKEY record's value."""
        return f"{self.flags} {_PROTOCOL} {ALGORITHM} {b64encode(self.public_key).decode()}"

    @property
    def ds_text(self) -> str:
        """The DS record's value, for the parent zone."""
        return f"{self.key_tag} {ALGORITHM} {DIGEST_TYPE} {self.digest}"
