"""Extracts Route 53's service model from botocore into dnsemu's data file, without documentation.

`make model` runs it after botocore was updated; a test compares the file with the installed botocore.
"""

import gzip
import json
import sys
from collections.abc import Mapping
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "dnsemu" / "route53" / "data" / "service-model.json"
MODEL = "data/route53/2013-04-01/service-2.json.gz"

_KEPT = frozenset(
    {
        *("http", "input", "output", "errors", "method", "requestUri", "responseCode"),
        *("shape", "type", "members", "member", "required", "enum", "pattern", "min", "max"),
        *("location", "locationName", "exception", "error", "httpStatusCode"),
    }
)
_DROPPED = frozenset({"name", "documentation", "deprecated", "idempotencyToken", "xmlNamespace"})
"""Texts, and keys that change nothing on the wire: names repeat, and every body is in the same namespace."""


def installed_model() -> dict[str, Any]:
    """Reads the service model that the installed botocore ships."""
    model: dict[str, Any] = json.loads(gzip.decompress((files("botocore") / MODEL).read_bytes()))
    return model


def extract(model: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the operations and shapes of a service model without documentation.

    Raises:
        ValueError: the model uses a key that dnsemu's codec does not know.
    """
    return {
        section: {name: _described(described) for name, described in model[section].items()}
        for section in ("operations", "shapes")
    }


def _described(value: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := value.keys() - _KEPT - _DROPPED:
        raise ValueError(f"the codec does not know the keys {', '.join(sorted(unknown))}")
    return {key: _part(key, part) for key, part in value.items() if key in _KEPT}


def _part(key: str, part: Any) -> Any:
    if key == "members":
        return {name: _described(member) for name, member in part.items()}
    if key == "errors":
        return [error["shape"] for error in part]
    return _described(part) if isinstance(part, dict) else part


def written(botocore_version: str, extracted: Mapping[str, Any]) -> str:
    """Writes the data file's text: one line for each operation and shape, so that versions can be compared."""
    source = {
        "what": "Route 53's service model: operations, shapes, constraints, paths and errors; no documentation",
        "source": f"botocore {botocore_version}, {MODEL}, extracted by scripts/service_model.py",
        "copyright": "Botocore, Copyright 2012-2022 Amazon.com, Inc. or its affiliates. All Rights Reserved.",
        "licence": "Apache License 2.0; see NOTICE",
    }
    sections = [f'"_source": {json.dumps(source, indent=2)}']
    for section, described in extracted.items():
        lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in described.items())
        sections.append(f"{json.dumps(section)}: {{\n{lines}\n}}")
    return "{\n" + ",\n".join(sections) + "\n}\n"


def main() -> int:
    """Writes the data file from the installed botocore."""
    DATA.parent.mkdir(exist_ok=True)
    extracted = extract(installed_model())
    DATA.write_text(written(version("botocore"), extracted))
    print(f"{DATA.relative_to(ROOT)}: {len(extracted['operations'])} operations of botocore {version('botocore')}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
