"""Writes small MaxMind DB files, as a user's own database would be (MaxMind DB file format 2.0)."""

import struct
from dataclasses import dataclass
from ipaddress import ip_network

MARKER = b"\xab\xcd\xefMaxMind.com"


@dataclass(frozen=True)
class Unsigned:
    """A number of 16, 32 or 64 bits; readers insist on the width of what is in the metadata."""

    bits: int
    number: int


def write(path, records, *, ip_version=6):
    """A database of `{network: record}`; networks must not overlap. An IPv6 tree holds IPv4 at `::/96`."""
    tree = [[None, None]]
    for text, record in records.items():
        _insert(tree, _bits(ip_network(text), ip_version), record)
    data, offsets = b"", {}
    for record in records.values():
        offsets[id(record)] = len(data)
        data += _encode(record)

    def entry(child):
        if child is None:
            return len(tree)
        return child if isinstance(child, int) else len(tree) + 16 + offsets[id(child)]

    nodes = b"".join(entry(child).to_bytes(3) for node in tree for child in node)
    metadata = {
        "binary_format_major_version": Unsigned(16, 2),
        "binary_format_minor_version": Unsigned(16, 0),
        "build_epoch": Unsigned(64, 1),
        "database_type": "Test-City",
        "description": {"en": "test"},
        "ip_version": Unsigned(16, ip_version),
        "languages": ["en"],
        "node_count": Unsigned(32, len(tree)),
        "record_size": Unsigned(16, 24),
    }
    path.write_bytes(nodes + bytes(16) + data + MARKER + _encode(metadata))
    return path


def _bits(network, ip_version):
    width, prefix = network.max_prefixlen, network.prefixlen
    bits = f"{int(network.network_address):0{width}b}"[:prefix]
    return "0" * 96 + bits if ip_version == 6 and network.version == 4 else bits


def _insert(tree, bits, record):
    node = 0
    for bit in map(int, bits[:-1]):
        if tree[node][bit] is None:
            tree.append([None, None])
            tree[node][bit] = len(tree) - 1
        node = tree[node][bit]
    tree[node][int(bits[-1])] = record


def _encode(value):
    if isinstance(value, dict):
        return _control(7, len(value)) + b"".join(_encode(key) + _encode(value[key]) for key in value)
    if isinstance(value, list):
        return bytes([len(value), 11 - 7]) + b"".join(map(_encode, value))
    if isinstance(value, float):
        return _control(3, 8) + struct.pack(">d", value)
    if isinstance(value, int):
        value = Unsigned(32, value)
    if isinstance(value, Unsigned):
        size = value.bits // 8
        return (bytes([size, 9 - 7]) if value.bits == 64 else _control({16: 5, 32: 6}[value.bits], size)) + (
            value.number.to_bytes(size)
        )
    text = value.encode()
    return _control(2, len(text)) + text


def _control(kind, size):
    assert size < 29
    return bytes([kind << 5 | size])
