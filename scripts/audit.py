"""Looks the pinned versions of requirements.lock up in the OSV database of vulnerabilities: `python -m scripts.audit`.

Without a network nothing is checked, which is said in one line and is no failure.
"""

import argparse
import json
import re
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LOCK = Path(__file__).parents[1] / "requirements.lock"
DATABASE = "https://api.osv.dev/v1/querybatch"
WITHIN_S = 10.0
_PIN = re.compile(r"^([\w.-]+)(?:\[[^]]*])?==([^\s;]+)", re.MULTILINE)


def pins(lock: str) -> dict[str, str]:
    """Returns the version of each package that a lock pins."""
    return dict(_PIN.findall(lock))


def vulnerabilities(pinned: Mapping[str, str], database: str, within_s: float = WITHIN_S) -> dict[str, list[str]]:
    """Returns the ids of the known vulnerabilities by package, of those that have any.

    Raises:
        OSError: the database cannot be reached in time.
        ValueError: its reply cannot be read.
    """
    queries = [{"package": {"ecosystem": "PyPI", "name": name}, "version": version} for name, version in pinned.items()]
    body = json.dumps({"queries": queries}).encode()
    request = urllib.request.Request(database, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=within_s) as reply:
        results: Any = json.load(reply)
    try:
        found = [[entry["id"] for entry in result.get("vulns", ())] for result in results["results"]]
        return {name: ids for name, ids in zip(pinned, found, strict=True) if ids}
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"an unknown reply: {error!r}") from error


def main() -> int:
    """Prints what is known; returns 1 if a pinned version is vulnerable."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lock", type=Path, default=LOCK)
    parser.add_argument("--database", default=DATABASE)
    arguments = parser.parse_args()
    pinned = pins(arguments.lock.read_text())
    try:
        found = vulnerabilities(pinned, arguments.database)
    except (OSError, ValueError) as failure:
        print(f"{arguments.lock.name} is not audited, as no database of vulnerabilities is reachable: {failure}")
        return 0
    for name, ids in found.items():
        print(f"{name} {pinned[name]}: {', '.join(ids)}")
    print(f"{len(pinned)} packages of {arguments.lock.name} are audited: {len(found)} with known vulnerabilities")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
