"""The bounds of what a server holds and does at once, by name; docs/limits.md lists their values."""

from collections import Counter
from enum import StrEnum


class Limit(StrEnum):
    """The name of a bound, as the metric `dnsemu_limit_reached_total` gives it."""

    HTTP_CONNECTIONS = "http_connections"
    HTTP_REQUEST_TIME = "http_request_time"
    HTTP_REPLY_TIME = "http_reply_time"
    HTTP_HEADER_BYTES = "http_header_bytes"
    HTTP_DISCARDED_BYTES = "http_discarded_bytes"
    HTTP_BODY_ENCODING = "http_body_encoding"
    HTTP_BODY_BYTES = "http_body_bytes"
    HTTP_LARGE_BODIES = "http_large_bodies"
    XML_DEPTH = "xml_depth"
    XML_ELEMENTS = "xml_elements"
    XML_ATTRIBUTES = "xml_attributes"
    XML_ATTRIBUTE_CHARACTERS = "xml_attribute_characters"
    XML_NAME_CHARACTERS = "xml_name_characters"
    XML_TAG_BYTES = "xml_tag_bytes"
    SNAPSHOT_BYTES = "snapshot_bytes"
    SNAPSHOT_LOADS = "snapshot_loads"
    EVENT_STREAMS = "event_streams"
    LOG_LINES = "log_lines"
    PACKET_CACHE_BYTES = "packet_cache_bytes"
    ANSWER_CACHE_BYTES = "answer_cache_bytes"
    FORWARDED_QUERIES = "forwarded_queries"
    RELAYED_QUERIES = "relayed_queries"
    FORCE_RULES = "force_rules"


Reached = Counter[Limit]
"""Counts how often each bound was reached; one object for the whole process."""
