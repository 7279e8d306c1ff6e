"""Lists the record sets of a hosted zone in pages (api.md §8)."""

from dnsemu.commands.context import Context, Request, Response
from dnsemu.commands.errors.requests import InvalidInput
from dnsemu.commands.hosted_zones.hosted_zones import existing_zone
from dnsemu.commands.pagination import page, page_size
from dnsemu.commands.record_sets.conversion import to_api
from dnsemu.config import names
from dnsemu.config.model.list_order import list_name
from dnsemu.config.model.zone_contents import LIST_START, ListPosition
from dnsemu.config.names import BadName
from dnsemu.state.step import Step

MAX_PAGE = 300
"""Record sets on a page at most."""


def list_resource_record_sets(request: Request, step: Step, context: Context) -> Response:
    """Lists a zone's record sets, from a position on that need not be taken (A197–A201).

    Raises:
        InvalidInput, NoSuchHostedZone: the request is not valid.
    """
    start = list_start(request)
    size = page_size(request, cap=MAX_PAGE)
    zone = existing_zone(step, request["HostedZoneId"])
    shown, following = page(zone.record_sets.listed(start), size)
    response: Response = {
        "ResourceRecordSets": [to_api(record_set) for record_set in shown],
        "IsTruncated": following is not None,
        "MaxItems": str(size),
    }
    if following is not None:
        response |= {"NextRecordName": names.to_text(following.name), "NextRecordType": following.type.name}
        if following.set_identifier is not None:
            response["NextRecordIdentifier"] = following.set_identifier
    return response


def list_start(request: Request) -> ListPosition:
    """Returns the position at which a list starts; the start of the list if the request names none (A197).

    Raises:
        InvalidInput: the name is not valid (A52), or a part lacks those before it.
    """
    name, type, identifier = (request.get(f"StartRecord{part}") for part in ("Name", "Type", "Identifier"))
    if type is not None and name is None:
        raise InvalidInput("StartRecordType needs StartRecordName: send both, or neither.")
    if identifier is not None and type is None:
        raise InvalidInput("StartRecordIdentifier needs StartRecordName and StartRecordType: send all three.")
    if name is None:
        return LIST_START
    try:
        return list_name(names.parse(name)), type or "", identifier or ""
    except BadName as error:
        raise InvalidInput(f"FATAL problem: {error}") from None
