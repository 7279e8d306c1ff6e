"""Fills a server with many record sets through a snapshot, the fastest way."""

import json
import urllib.request
from typing import Any

from route53_calls import Client, create_zone, id_in
from zone import ZONE


def fill(http_port: int, zones: int, each: int) -> list[str]:
    """Gives a server `zones` hosted zones of `each` record sets; returns the zones' ids."""
    with Client(http_port) as client:
        ids = [id_in(client.call(create_zone(zone_name(number))), "hostedzone") for number in range(zones)]
    url = f"http://127.0.0.1:{http_port}/dnsemu/v1/snapshot"
    with urllib.request.urlopen(url) as response:
        snapshot = json.load(response)
    for zone in snapshot["hosted_zones"]:
        present = len(zone["record_sets"])
        zone["record_sets"] += [_record_set(zone["name"], number) for number in range(each - present)]
    with urllib.request.urlopen(
        urllib.request.Request(url, json.dumps(snapshot).encode(), {"Content-Type": "application/json"})
    ):
        return ids


def zone_name(number: int) -> str:
    """Returns the name of the zone with a number."""
    return f"zone{number}.{ZONE}"


def _record_set(zone: str, number: int) -> dict[str, Any]:
    return {"name": f"h{number}.{zone}", "type": "A", "ttl": 60, "values": [f"192.0.2.{number % 250}"]}
