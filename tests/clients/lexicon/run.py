"""Runs actions of dns-lexicon's Route 53 provider and prints their results as JSON.

The argument is a JSON list of [action, type, name, content]. The program `lexicon` is not used, since it asks this
machine's resolver for the zone.
"""

import json
import sys

from lexicon.client import Client
from lexicon.config import ConfigResolver

settings = {
    "provider_name": "route53",
    "domain": "example.com",
    "route53": {"auth_access_key": "any", "auth_access_secret": "any"},
}
results = []
with Client(ConfigResolver().with_dict(settings)) as client:
    for action, type_, name, content in json.loads(sys.argv[1]):
        act = getattr(client, f"{action}_record{'s' if action == 'list' else ''}")
        results.append(act(rtype=type_, name=name, content=content))
print(json.dumps(results))
