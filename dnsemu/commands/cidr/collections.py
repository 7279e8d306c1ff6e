"""CIDR collections: named sets of client networks, which IP-based routing refers to (A280–A288)."""

from dataclasses import dataclass

from immutables import Map

from dnsemu.commands.cidr.blocks import block_order, changed_locations
from dnsemu.commands.context import Context, Request, Response
from dnsemu.commands.errors.cidr import (
    CidrBlockInUseException,
    CidrCollectionAlreadyExistsException,
    CidrCollectionInUseException,
    CidrCollectionVersionMismatchException,
    NoSuchCidrCollectionException,
    NoSuchCidrLocationException,
)
from dnsemu.commands.errors.requests import LimitsExceeded
from dnsemu.commands.hosted_zones.hosted_zones import LOCATION
from dnsemu.commands.pagination import token_page
from dnsemu.commands.record_sets.change import references_location
from dnsemu.config.model.geo import CidrCollection
from dnsemu.state.step import Step
from dnsemu.state.tables import Table

MAX_COLLECTIONS = 5
"""Of an account, where quotas count (R209.7)."""

DEFAULT_LOCATION = "*"
"""What a record set names for the clients of no location; no collection holds it (R199)."""


@dataclass(frozen=True, slots=True)
class CidrRow:
    """What the API knows of a collection besides; `version` starts at 1 and rises by 1 with each change (R199)."""

    caller_reference: str | None
    version: int


CIDR = Table("cidr_collections", CidrRow)
"""By id. A collection that a file declares has a row only once the API has changed it."""

_OF_A_FILE = CidrRow(None, 1)


def create_cidr_collection(request: Request, step: Step, context: Context) -> Response:
    """A new collection without locations, or the one that this very request made before (A280)."""
    name, reference = request["Name"], request["CallerReference"]
    collections = step.world.cidr_collections
    found = next((collection for collection in collections.values() if collection.name == name), None)
    if found is None:
        if context.settings.has_quotas and len(collections) >= MAX_COLLECTIONS:
            raise LimitsExceeded(f"This account has its {MAX_COLLECTIONS} CIDR collections already.")
        found = CidrCollection(context.ids.uuid(), name)
        step.put_cidr_collection(found)
        step.put(CIDR, found.id, row=CidrRow(reference, 1))
    elif _row(step, found.id).caller_reference != reference:
        raise CidrCollectionAlreadyExistsException(f"A CIDR collection named {name} already exists.")
    return {"Collection": _shown(found, step), "Location": f"{LOCATION}/cidrcollection/{found.id}"}


def change_cidr_collection(request: Request, step: Step, context: Context) -> Response:
    """Add and remove blocks in all the locations named, or in none (A285–A287, R200)."""
    collection = existing_collection(step, request["Id"])
    row = _row(step, collection.id)
    version = request.get("CollectionVersion", row.version)
    if version != row.version:
        raise CidrCollectionVersionMismatchException(
            f"CIDR collection {collection.id} has version {row.version}, not {version}.",
        )
    locations = changed_locations(collection.locations, request["Changes"])
    for name in collection.locations:
        if name not in locations and references_location(step.world, collection.id, name):
            raise CidrBlockInUseException(f"Record sets still refer to the location {name}.")
    step.put_cidr_collection(CidrCollection(collection.id, collection.name, Map(locations)))
    step.put(CIDR, collection.id, row=CidrRow(row.caller_reference, row.version + 1))
    return {"Id": context.change(step)["Id"]}


def delete_cidr_collection(request: Request, step: Step, context: Context) -> Response:
    """Take away a collection that has no locations left and that no record set refers to (A287, R202)."""
    collection = existing_collection(step, request["Id"])
    if collection.locations:
        message = f"CIDR collection {collection.id} has locations: {', '.join(sorted(collection.locations))}."
        raise CidrCollectionInUseException(message)
    if references_location(step.world, collection.id, DEFAULT_LOCATION):
        message = f"Record sets still refer to CIDR collection {collection.id}."
        raise CidrCollectionInUseException(message)
    step.drop_cidr_collection(collection.id)
    step.drop(CIDR, collection.id)
    return {}


def list_cidr_collections(request: Request, step: Step, context: Context) -> Response:
    """All collections, by name (A288)."""
    rows = (((collection.name,), _shown(collection, step)) for collection in step.world.cidr_collections.values())
    return token_page("CidrCollections", rows, request)


def list_cidr_locations(request: Request, step: Step, context: Context) -> Response:
    """A collection's locations, by name (A288)."""
    collection = existing_collection(step, request["CollectionId"])
    return token_page("CidrLocations", (((name,), {"LocationName": name}) for name in collection.locations), request)


def list_cidr_blocks(request: Request, step: Step, context: Context) -> Response:
    """A collection's blocks by location and address, or one location's (A288)."""
    collection = existing_collection(step, request["CollectionId"])
    asked = request.get("LocationName")
    if asked is not None and asked not in collection.locations:
        message = f"CIDR collection {collection.id} has no location {asked}."
        raise NoSuchCidrLocationException(message)
    blocks = (
        ((name, block_order(block)), {"CidrBlock": str(block), "LocationName": name})
        for name in ((asked,) if asked is not None else collection.locations)
        for block in collection.locations[name]
    )
    return token_page("CidrBlocks", blocks, request, key_parts=2)


def existing_collection(step: Step, collection_id: str) -> CidrCollection:
    """The collection of this id.

    Raises:
        NoSuchCidrCollectionException: there is none.
    """
    collection = step.world.cidr_collections.get(collection_id)
    if collection is None:
        raise NoSuchCidrCollectionException(collection_id)
    return collection


def _row(step: Step, collection_id: str) -> CidrRow:
    return step.get(CIDR, collection_id) or _OF_A_FILE


def _shown(collection: CidrCollection, step: Step) -> Response:
    return {
        "Arn": f"arn:aws:route53:::cidrcollection/{collection.id}",
        "Id": collection.id,
        "Name": collection.name,
        "Version": _row(step, collection.id).version,
    }
