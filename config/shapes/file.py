"""The top level of a file: its sections."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import model_validator

from dnsemu.config.shapes.about import about
from dnsemu.config.shapes.base import Shape, refuse, snake


class FileShape(Shape):
    """A whole file. The entries of its lists are checked later, one at a time, so that their models are freed.

    The output of `aws route53 list-health-checks` and the like is a whole file too: `resource_record_sets` are those of
    the one hosted zone whose SOA is among them.
    """

    USUAL_FIELDS = ("hosted_zones", "health_checks")
    REFUSED_FIELDS: ClassVar[Mapping[str, str]] = {
        "zones": "write hosted_zones",
        "domains": "write hosted_zones",
        "zone": "write hosted_zones: [{name: …, record_sets: …}]",
        "checks": "write health_checks",
        "healthchecks": "write health_checks",
        "records": "put them under hosted_zones: [{name: …, record_sets: …}]",
        "record_sets": "put them under hosted_zones: [{name: …, record_sets: …}]",
        "hosted_zone": "put it under hosted_zones: [{…}]",
        "health_check": "put it under health_checks: [{…}]",
        "cidrs": "write cidr_collections",
        "checkers": "write health_checkers",
        "dns": "put it under server: {dns: …, http: …}",
        "http": "put it under server: {dns: …, http: …}",
        "listen": "put it under server: {dns: …, http: …}",
    }

    OUTPUT_FIELDS = frozenset(
        {
            *("is_truncated", "marker", "max_items", "next_marker", "next_record_identifier", "next_record_name"),
            *("next_record_type", "next_token"),
        }
    )

    server: Annotated[Any, about("Addresses that the server listens on, and options of serving.")] = None
    api: Annotated[Any, about("Options of the Route 53 API.")] = None
    geo: Annotated[Any, about("The places of clients.")] = None
    health_checkers: Annotated[Any, about("The machines that probe endpoints, as far as they are simulated.")] = None
    health_checks: Annotated[
        list[Any] | None, about("Health checks, which record sets refer to by their ids.", default=[])
    ] = None
    cidr_collections: Annotated[
        list[Any] | None, about("Named lists of client networks, for IP-based routing.", default=[])
    ] = None
    resources: Annotated[
        list[Any] | None, about("Load balancers and other AWS resources that aliases lead to.", default=[])
    ] = None
    hosted_zones: Annotated[list[Any] | None, about("The zones that the server answers for.", default=[])] = None
    resource_record_sets: Annotated[
        list[Any] | None,
        about(
            "The output of `aws route53 list-resource-record-sets`: the record sets of one zone, its SOA among them."
        ),
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _has_all_pages(cls, data: Any) -> Any:
        if isinstance(data, dict) and any(snake(key) == "is_truncated" and value for key, value in data.items()):
            raise refuse("cut-off", "", "this output of the API is only one page", "let the AWS CLI read all pages")
        return data
