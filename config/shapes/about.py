"""Descriptions of fields: read by editors in the JSON schema, and by people in docs/reference.md."""

from enum import Enum
from typing import Any

from pydantic import Field


class Notation(Enum):
    """Metadata of a field for docs/reference.md: the notation of its texts, which that page explains."""

    ADDRESS = "IP address"
    ADDRESS_AND_PORT = "address and port"
    AVAILABILITY_ZONE = "Availability Zone id"
    COUNTRY = "country code"
    DOMAIN_NAME = "domain name"
    DURATION = "duration"
    NETWORK = "network"
    PATH = "path of a file"
    PLACE = "place"
    RATE = "rate"
    REGION = "AWS Region"
    VALUE = "record value"


def about(description: str, rule: str = "", *, default: Any = None) -> Any:
    """Describes a field, as a part of its `Annotated`.

    Args:
        description: plain sentences about its meaning.
        rule: the rule of docs/spec about the field, if its `Hint` has none.
        default: the value that the field has where it is left out, if there is one.
    """
    extra: dict[str, Any] = {"$comment": rule} if rule else {}
    return Field(description=description, json_schema_extra=extra if default is None else extra | {"default": default})
