"""The blocks of a CIDR collection: parses them and applies changes."""

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_network
from typing import Any

from dnsemu.commands.errors.cidr import CidrBlockInUseException
from dnsemu.commands.errors.requests import InvalidInput, LimitsExceeded
from dnsemu.config.model.addresses import IPNetwork
from dnsemu.config.shapes.geo import MAX_BLOCKS, MAX_IPV4_BLOCK_BITS, MAX_IPV6_BLOCK_BITS

Locations = Mapping[str, tuple[IPNetwork, ...]]


def parse_block(text: str) -> IPNetwork:
    """Parses an address and prefix length; bits beyond the prefix are dropped (A286, R203).

    Raises:
        InvalidInput: it is not a block, contains every address, or has a longer prefix than a location allows.
    """
    try:
        if not text.rpartition("/")[2].isdecimal() or "%" in text:  # a netmask, a missing prefix length, or a scope id
            raise ValueError
        block = ip_network(text, strict=False)
    except ValueError:
        raise InvalidInput("Invalid CIDR Prefix") from None
    if block.prefixlen == 0:
        raise InvalidInput("Cidr prefix length must not be 0")
    longest = MAX_IPV4_BLOCK_BITS if block.version == 4 else MAX_IPV6_BLOCK_BITS
    if block.prefixlen > longest:
        raise InvalidInput(
            f"IPv{block.version} cidr block {text} has network prefix length greater than account limit of {longest}",
        )
    return block


def block_order(block: IPNetwork) -> str:
    """Returns a text that sorts as blocks do: IPv4 first, then by address, then shorter prefixes first."""
    return f"{block.version}{block.network_address.packed.hex()}/{block.prefixlen:03}"


def changed_locations(locations: Locations, changes: Sequence[Mapping[str, Any]]) -> dict[str, tuple[IPNetwork, ...]]:
    """Returns a collection's locations after the changes, which are applied in order; empty locations are removed.

    Adding a block twice and removing a missing block have no effect (A287). Only the result is checked for blocks in
    two locations, so that one request can move a block in any order of its changes (R201).

    Raises:
        InvalidInput: the text of a block is not valid (A286).
        CidrBlockInUseException: a block is in two locations.
        LimitsExceeded: more than 1,000 blocks in the request or the collection (A285).
    """
    if sum(len(change["CidrList"]) for change in changes) > MAX_BLOCKS:
        raise LimitsExceeded(f"A request can change {MAX_BLOCKS} CIDR blocks.")
    blocks_at = {name: dict.fromkeys(blocks) for name, blocks in locations.items()}
    for change in changes:
        blocks = blocks_at.setdefault(change["LocationName"], {})
        for block in map(parse_block, change["CidrList"]):
            if change["Action"] == "PUT":
                blocks[block] = None
            else:
                blocks.pop(block, None)
    _check_one_location_each(blocks_at)
    if sum(map(len, blocks_at.values())) > MAX_BLOCKS:
        raise LimitsExceeded(f"A CIDR collection can hold {MAX_BLOCKS} CIDR blocks.")
    return {name: tuple(blocks) for name, blocks in blocks_at.items() if blocks}


def _check_one_location_each(blocks_at: Mapping[str, Iterable[IPNetwork]]) -> None:
    location_of: dict[IPNetwork, str] = {}
    for name, blocks in blocks_at.items():
        for block in blocks:
            other = location_of.setdefault(block, name)
            if other != name:
                raise CidrBlockInUseException(f"CIDR block {block} is in location {other} already, not {name}.")
