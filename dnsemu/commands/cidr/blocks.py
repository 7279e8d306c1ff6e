"""The blocks of a CIDR collection: how they are read, and what changes make of them."""

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_network
from typing import Any

from dnsemu.commands.errors.cidr import CidrBlockInUseException
from dnsemu.commands.errors.requests import InvalidInput, LimitsExceeded
from dnsemu.config.model.addresses import IPNetwork
from dnsemu.config.shapes.sections import MAX_BLOCKS, MAX_IPV4_BLOCK_BITS, MAX_IPV6_BLOCK_BITS

Locations = Mapping[str, tuple[IPNetwork, ...]]


def parse_block(text: str) -> IPNetwork:
    """Read an address and prefix length; bits beyond the prefix are dropped (A286, R203).

    Raises:
        InvalidInput: it is not a block, holds every address, or is smaller than a location may have.
    """
    try:
        if not text.rpartition("/")[2].isdecimal() or "%" in text:  # a netmask, no prefix length, or a scope id
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
    """A text that sorts as blocks do: IPv4 first, then by address, the larger of two first."""
    return f"{block.version}{block.network_address.packed.hex()}/{block.prefixlen:03}"


def changed_locations(locations: Locations, changes: Sequence[Mapping[str, Any]]) -> dict[str, tuple[IPNetwork, ...]]:
    """What changes, one after the other, make of a collection's locations; without blocks there is no location.

    A block may be put where it is already, and removed where it is not (A287). That it is in one location alone is
    asked of the outcome, so that one request can move it in whatever order (R201).

    Raises:
        InvalidInput: a block is not valid (A286).
        CidrBlockInUseException: a block is in two locations.
        LimitsExceeded: more than 1,000 blocks in the request or the collection (A285).
    """
    if sum(len(change["CidrList"]) for change in changes) > MAX_BLOCKS:
        raise LimitsExceeded(f"A request can change {MAX_BLOCKS} CIDR blocks.")
    held = {name: dict.fromkeys(blocks) for name, blocks in locations.items()}
    for change in changes:
        blocks = held.setdefault(change["LocationName"], {})
        for block in map(parse_block, change["CidrList"]):
            if change["Action"] == "PUT":
                blocks[block] = None
            else:
                blocks.pop(block, None)
    _check_one_location_each(held)
    if sum(map(len, held.values())) > MAX_BLOCKS:
        raise LimitsExceeded(f"A CIDR collection can hold {MAX_BLOCKS} CIDR blocks.")
    return {name: tuple(blocks) for name, blocks in held.items() if blocks}


def _check_one_location_each(held: Mapping[str, Iterable[IPNetwork]]) -> None:
    owner: dict[IPNetwork, str] = {}
    for name, blocks in held.items():
        for block in blocks:
            other = owner.setdefault(block, name)
            if other != name:
                raise CidrBlockInUseException(f"CIDR block {block} is in location {other} already, not {name}.")
