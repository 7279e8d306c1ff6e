"""Operations on CIDR collections, the named sets of client networks of IP-based routing (A280–A288)."""

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
from dnsemu.commands.hosted_zones.hosted_zones import BASE_URL
from dnsemu.commands.pagination import token_page
from dnsemu.commands.record_sets.change import references_location
from dnsemu.config.model.geo import CidrCollection
from dnsemu.state.step import Step
from dnsemu.state.tables import Table

MAX_COLLECTIONS = 5
"""Quota of an account (R209.7)."""

DEFAULT_LOCATION = "*"
"""Stands in record sets for clients of no location; it is in no collection (R199)."""


@dataclass(frozen=True, slots=True)
class CidrRow:
    """Data of a collection that only the API has; `version` starts at 1 and rises by 1 with each change (R199)."""

    caller_reference: str | None
    version: int


CIDR = Table("cidr_collections", CidrRow)
"""By id. A collection from a file gets its row when the API first changes it."""

_ROW_OF_FILE = CidrRow(None, 1)


def create_cidr_collection(request: Request, step: Step, context: Context) -> Response:
    """Creates a collection without locations, or returns the one that the same request made before (A280)."""
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
    return {"Collection": _to_api(found, step), "Location": f"{BASE_URL}/cidrcollection/{found.id}"}


def change_cidr_collection(request: Request, step: Step, context: Context) -> Response:
    """Adds and removes blocks, all that the request names or none (A285–A287, R200)."""
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
    """Deletes a collection that has no locations and that no record set refers to (A287, R202)."""
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
    """Lists all collections by name (A288)."""
    rows = (((collection.name,), _to_api(collection, step)) for collection in step.world.cidr_collections.values())
    return token_page("CidrCollections", rows, request)


def list_cidr_locations(request: Request, step: Step, context: Context) -> Response:
    """Lists the locations of a collection by name (A288)."""
    collection = existing_collection(step, request["CollectionId"])
    return token_page("CidrLocations", (((name,), {"LocationName": name}) for name in collection.locations), request)


def list_cidr_blocks(request: Request, step: Step, context: Context) -> Response:
    """Lists the blocks of a collection or of one location, by location and address (A288)."""
    collection = existing_collection(step, request["CollectionId"])
    location = request.get("LocationName")
    if location is not None and location not in collection.locations:
        message = f"CIDR collection {collection.id} has no location {location}."
        raise NoSuchCidrLocationException(message)
    blocks = (
        ((name, block_order(block)), {"CidrBlock": str(block), "LocationName": name})
        for name in ((location,) if location is not None else collection.locations)
        for block in collection.locations[name]
    )
    return token_page("CidrBlocks", blocks, request, key_parts=2)


def existing_collection(step: Step, collection_id: str) -> CidrCollection:
    """Returns the collection of an id.

    Raises:
        NoSuchCidrCollectionException: it does not exist.
    """
    collection = step.world.cidr_collections.get(collection_id)
    if collection is None:
        raise NoSuchCidrCollectionException(collection_id)
    return collection


def _row(step: Step, collection_id: str) -> CidrRow:
    return step.get(CIDR, collection_id) or _ROW_OF_FILE


def _to_api(collection: CidrCollection, step: Step) -> Response:
    return {
        "Arn": f"arn:aws:route53:::cidrcollection/{collection.id}",
        "Id": collection.id,
        "Name": collection.name,
        "Version": _row(step, collection.id).version,
    }
