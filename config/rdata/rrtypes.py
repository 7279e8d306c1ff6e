"""The record types that Route 53 supports, with their DNS type codes."""

from collections.abc import Mapping
from enum import IntEnum


class RRType(IntEnum):
    """A record type that a record set may have (R13); its value is the code on the wire."""

    A = 1
    NS = 2
    CNAME = 5
    SOA = 6
    PTR = 12
    MX = 15
    TXT = 16
    AAAA = 28
    SRV = 33
    NAPTR = 35
    DS = 43
    SSHFP = 44
    TLSA = 52
    SVCB = 64
    HTTPS = 65
    SPF = 99
    CAA = 257


TYPES_BY_NAME: Mapping[str, RRType] = dict(RRType.__members__)
"""A plain dictionary, which is faster than `RRType.__members__`."""
