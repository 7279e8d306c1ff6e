"""Where things are, and how far apart: the tables behind latency, geolocation and geoproximity.

Each file is read when it is first needed, and then kept. Nothing here knows of a client or of a record set.
`NOTICE` says where the data comes from and under which licences.
"""

import json
from pathlib import Path
from typing import Any

DIRECTORY = Path(__file__).parent


def load(name: str) -> Any:
    """The JSON document of one embedded file; whoever asks keeps what it makes of it."""
    return json.loads((DIRECTORY / name).read_bytes())
