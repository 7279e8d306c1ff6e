"""EDNS: the OPT record and its client subnet option (RFC 6891, RFC 7871).

Other options are skipped and never sent, cookies included (R147).
"""

from struct import Struct
from typing import NamedTuple

from dnsemu.wire.protocol import (
    CLIENT_COOKIE_BYTES,
    CLIENT_SUBNET_OPTION,
    COOKIE_OPTION,
    DNSSEC_OK,
    MAX_UDP_BYTES,
    RCode,
)
from dnsemu.wire.qtypes import OPT

_OPTION = Struct("!HH")
_SUBNET = Struct("!HBB")
_OPT_RR = Struct("!BHHIH")
_FAMILY_BYTES = {1: 4, 2: 16}


class ClientSubnet(NamedTuple):
    """The client network that a resolver discloses.

    `address` has as many bytes as `source_bits` needs. `family` is 1 for IPv4, 2 for IPv6, 0 if nothing is disclosed.
    """

    family: int
    source_bits: int
    address: bytes

    @property
    def is_usable(self) -> bool:
        """True if the client is located by this network; a prefix of 0 bits declines disclosure (R130)."""
        return self.source_bits > 0

    @property
    def padded_address(self) -> bytes:
        """The network's base address, 4 or 16 bytes."""
        return self.address.ljust(_FAMILY_BYTES[self.family], b"\x00")


class Edns(NamedTuple):
    """A query's OPT record.

    `udp_bytes` is the longest datagram that the sender accepts. `ends_in_cookie` is true if the packet's last eight
    bytes are a client cookie, which has no effect on the reply (R147).
    """

    udp_bytes: int
    version: int
    dnssec_ok: bool
    client_subnet: ClientSubnet | None
    ends_in_cookie: bool = False


def parse_options(data: bytes) -> tuple[ClientSubnet | None, bool]:
    """Reads the options of an OPT record.

    Returns:
        The client subnet, if there is one; and True if the last option is a client cookie.
    Raises:
        ValueError: an option reaches beyond the record, or the client subnet is malformed or there twice.
    """
    subnet = None
    is_cookie = False
    position = 0
    while position < len(data):
        if position + _OPTION.size > len(data):
            raise ValueError("half an EDNS option")
        code, length = _OPTION.unpack_from(data, position)
        position += _OPTION.size + length
        if position > len(data):
            raise ValueError("an EDNS option reaches beyond its record")
        is_cookie = code == COOKIE_OPTION and length == CLIENT_COOKIE_BYTES
        if code == CLIENT_SUBNET_OPTION:
            if subnet is not None:
                raise ValueError("two client subnets")
            subnet = parse_client_subnet(data[position - length : position])
    return subnet, is_cookie


def parse_client_subnet(option: bytes) -> ClientSubnet:
    """Reads an EDNS Client Subnet option.

    Args:
        option: OPTION-DATA, without code and length; 4–20 bytes.
    Raises:
        ValueError: unknown family, a scope in a query, or address bytes that do not fit the prefix.
    Source: RFC 7871 §6, §7.1.2; rule R129.
    """
    if len(option) < _SUBNET.size:
        raise ValueError("a client subnet shorter than its fixed part")
    family, source_bits, scope_bits = _SUBNET.unpack_from(option)
    address = option[_SUBNET.size :]
    full_bytes = _FAMILY_BYTES.get(family, 0)
    if not full_bytes and (family or source_bits):
        raise ValueError(f"client subnet of unknown family {family}")
    if scope_bits:
        raise ValueError("a client subnet with a scope in a query")
    if source_bits > full_bytes * 8 or len(address) != (source_bits + 7) // 8:
        raise ValueError("client subnet address does not fit its prefix length")
    if source_bits % 8 and address[-1] & (0xFF >> source_bits % 8):
        raise ValueError("client subnet address has bits beyond its prefix length")
    return ClientSubnet(family, source_bits, address)


def client_subnet_scope(options: bytes, sent: ClientSubnet) -> int:
    """Returns the scope that a server's OPT record gives to a client subnet; 0 if it speaks of another or of none."""
    position = 0
    while position + _OPTION.size <= len(options):
        code, length = _OPTION.unpack_from(options, position)
        position += _OPTION.size
        if code == CLIENT_SUBNET_OPTION and _SUBNET.size <= length <= len(options) - position:
            family, source_bits, scope_bits = _SUBNET.unpack_from(options, position)
            address = options[position + _SUBNET.size : position + length]
            return scope_bits if ClientSubnet(family, source_bits, address) == sent else 0
        position += length
    return 0


def opt_record(query: Edns, rcode: RCode, scope_bits: int, udp_bytes: int = MAX_UDP_BYTES) -> bytes:
    """Returns the OPT record of a reply: version 0, our UDP size, DO copied (R138), client subnet returned (R131).

    Args:
        scope_bits: the length of the client network's prefix that the answer depends on (R132); 0 in a query.
        udp_bytes: the longest datagram that we accept.
    """
    options = b""
    subnet = query.client_subnet
    if subnet is not None:
        data = _SUBNET.pack(subnet.family, subnet.source_bits, scope_bits) + subnet.address
        options = _OPTION.pack(CLIENT_SUBNET_OPTION, len(data)) + data
    ttl = (rcode >> 4) << 24 | (DNSSEC_OK if query.dnssec_ok else 0)
    return _OPT_RR.pack(0, OPT, udp_bytes, ttl, len(options)) + options
