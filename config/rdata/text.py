"""Rdata bytes to value text, in the form that Route 53 reads: for answers shown to people and by the API."""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address

from dnsemu.config import names
from dnsemu.config.names import DName
from dnsemu.config.rdata import svcb
from dnsemu.config.rdata.rrtypes import RRType

_QUOTED_RAW = frozenset(range(0x20, 0x7F)) - frozenset(b'"\\')


def value_text(type: RRType, rdata: bytes) -> str:
    r"""Formats rdata as text that `parse_value` parses to the same rdata.

    Names end in a dot; bytes outside printable ASCII are `\ooo`.

    Args:
        type: decides the syntax.
        rdata: uncompressed, as `parse_value` makes it.
    """
    return _FORMATS[type](rdata)


def _name(rdata: bytes) -> str:
    return names.display(DName(rdata))


def _take_name(rdata: bytes) -> tuple[DName, bytes]:
    """Splits rdata into its leading name and the rest."""
    position = 0
    while rdata[position]:
        position += 1 + rdata[position]
    return DName(rdata[: position + 1]), rdata[position + 1 :]


def _take_string(rdata: bytes) -> tuple[str, bytes]:
    """Splits rdata into its leading character string, quoted, and the rest."""
    end = 1 + rdata[0]
    return _quoted(rdata[1:end]), rdata[end:]


def _quoted(string: bytes) -> str:
    return '"' + "".join(chr(b) if b in _QUOTED_RAW else f"\\{b:03o}" for b in string) + '"'


def _number(rdata: bytes, start: int, size: int) -> int:
    return int.from_bytes(rdata[start : start + size])


def _mx(rdata: bytes) -> str:
    return f"{_number(rdata, 0, 2)} {_name(rdata[2:])}"


def _srv(rdata: bytes) -> str:
    return f"{_number(rdata, 0, 2)} {_number(rdata, 2, 2)} {_number(rdata, 4, 2)} {_name(rdata[6:])}"


def _soa(rdata: bytes) -> str:
    server, rest = _take_name(rdata)
    mailbox, rest = _take_name(rest)
    numbers = " ".join(str(_number(rest, at, 4)) for at in range(0, 20, 4))
    return f"{names.display(server)} {names.display(mailbox)} {numbers}"


def _txt(rdata: bytes) -> str:
    strings = []
    while rdata:
        text, rdata = _take_string(rdata)
        strings.append(text)
    return " ".join(strings)


def _caa(rdata: bytes) -> str:
    end = 2 + rdata[1]
    return f"{rdata[0]} {rdata[2:end].decode('ascii')} {_quoted(rdata[end:])}"


def _naptr(rdata: bytes) -> str:
    flags, rest = _take_string(rdata[4:])
    service, rest = _take_string(rest)
    regexp, rest = _take_string(rest)
    return f"{_number(rdata, 0, 2)} {_number(rdata, 2, 2)} {flags} {service} {regexp} {_name(rest)}"


def _ds(rdata: bytes) -> str:
    return f"{_number(rdata, 0, 2)} {rdata[2]} {rdata[3]} {rdata[4:].hex().upper()}"


def _sshfp(rdata: bytes) -> str:
    return f"{rdata[0]} {rdata[1]} {rdata[2:].hex().upper()}"


def _tlsa(rdata: bytes) -> str:
    return f"{rdata[0]} {rdata[1]} {rdata[2]} {rdata[3:].hex().upper()}"


def _svcb(rdata: bytes) -> str:
    target, rest = _take_name(rdata[2:])
    return " ".join([str(_number(rdata, 0, 2)), names.display(target), *svcb.params_text(rest)])


_FORMATS: dict[RRType, Callable[[bytes], str]] = {
    RRType.A: lambda rdata: str(IPv4Address(rdata)),
    RRType.AAAA: lambda rdata: str(IPv6Address(rdata)),
    RRType.CAA: _caa,
    RRType.CNAME: _name,
    RRType.DS: _ds,
    RRType.HTTPS: _svcb,
    RRType.MX: _mx,
    RRType.NAPTR: _naptr,
    RRType.NS: _name,
    RRType.PTR: _name,
    RRType.SOA: _soa,
    RRType.SPF: _txt,
    RRType.SRV: _srv,
    RRType.SSHFP: _sshfp,
    RRType.SVCB: _svcb,
    RRType.TLSA: _tlsa,
    RRType.TXT: _txt,
}
