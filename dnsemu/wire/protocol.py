"""What every module that speaks DNS needs: a resource record, and the protocol's numbers."""

from enum import IntEnum

from dnsemu.config.names import DName

RR = tuple[DName, int, int, bytes]
"""A resource record as it goes on the wire: owner, type code, TTL in seconds, uncompressed rdata."""

CLASS_IN = 1
OPT = 41


class RCode(IntEnum):
    """The response codes this server sends (R151); BADVERS needs an OPT record to carry its upper bits."""

    NOERROR = 0
    FORMERR = 1
    SERVFAIL = 2
    NXDOMAIN = 3
    NOTIMP = 4
    REFUSED = 5
    BADVERS = 16
