"""The DNS protocol's numbers: header, response codes, EDNS, sizes. Type codes are in `qtypes`."""

from enum import IntEnum
from struct import Struct

from dnsemu.config.names import DName

RR = tuple[DName, int, int, bytes]
"""A resource record as it goes on the wire: owner, type code, TTL in seconds, uncompressed rdata."""

CLASS_IN = 1

HEADER = Struct("!HHHHHH")
"""Id, flags, and the number of records in each of the four sections (RFC 1035 §4.1.1)."""
TYPE_AND_CLASS = Struct("!HH")
"""The end of a question (RFC 1035 §4.1.2)."""
RR_FIXED = Struct("!HHIH")
"""Type, class, TTL and rdata length: the part of a record between owner and rdata (RFC 1035 §4.1.3)."""

QR = 0x8000
OPCODE_MASK = 0x7800
AA = 0x0400
TC = 0x0200
RD = 0x0100
RA = 0x0080
AD = 0x0020
CD = 0x0010
COPIED_FLAGS = RD | CD
"""Flags that a reply copies from the query (R140)."""
RCODE_MASK = 0x000F
"""The part of the response code that the header carries; the rest is in the OPT record."""

POINTER_BITS = 0xC000
"""Marks a compression pointer; the other 14 bits are the offset (RFC 1035 §4.1.4)."""
MAX_POINTER = 0x3FFF
"""The largest offset that a compression pointer can carry, in bytes."""


class RCode(IntEnum):
    """The response codes this server sends (R151); BADVERS needs an OPT record to carry its upper bits."""

    NOERROR = 0
    FORMERR = 1
    SERVFAIL = 2
    NXDOMAIN = 3
    NOTIMP = 4
    REFUSED = 5
    BADVERS = 16


DNSSEC_OK = 0x8000
"""The DO flag, in the TTL field of an OPT record (RFC 6891 §6.1.4)."""
CLIENT_SUBNET_OPTION = 8
COOKIE_OPTION = 10
CLIENT_COOKIE_BYTES = 8
"""The length of a cookie option that holds a client's cookie only (RFC 7873 §4)."""

MAX_PLAIN_UDP_BYTES = 512
"""The longest UDP message without EDNS (RFC 1035 §4.2.1)."""
MAX_UDP_BYTES = 4096
"""The datagram size that our OPT record advertises, and the longest message we send over UDP (R137, R138)."""
UPSTREAM_UDP_BYTES = 1232
"""The datagram size that we offer upstream: it crosses any network in one piece (DNS Flag Day 2020)."""
MAX_MESSAGE_BYTES = 65535
"""The longest message; over TCP its length is sent as 16 bits (RFC 1035 §4.2.2)."""
MAX_TTL_S = 2**31 - 1
"""RFC 2181 §8."""
