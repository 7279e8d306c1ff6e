"""Embedded geographic data: coordinates, distances, latencies between Regions, and location databases.

Start at `region_latency` for latency routing, `distance` for geoproximity, `database` and `countries` for geolocation.
Each file is read when first needed, then cached. Imports only `config`: nothing here knows clients or record sets.
`NOTICE` lists the sources and licences of the data.
"""

import json
from pathlib import Path
from typing import Any

DIRECTORY = Path(__file__).parent


def load(name: str) -> Any:
    """Reads an embedded JSON file; callers cache the result."""
    return json.loads((DIRECTORY / name).read_bytes())
