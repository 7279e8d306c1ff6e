"""Traffic policy documents for tests, and a traffic policy on an emulation."""

import json

ADDRESSES = {"a": "192.0.2.1", "b": "192.0.2.2", "c": "192.0.2.3"}


def endpoint(reference, **more):
    return {"EndpointReference": reference, **more}


def rule(reference, **more):
    return {"RuleReference": reference, **more}


def value(text):
    return {"Type": "value", "Value": text}


def document(rules=None, *, start="top", endpoints=None, type="A", version="2015-10-01", **more):
    """Returns a document that starts with the rule `top`; its endpoints are those of `ADDRESSES` by default."""
    endpoints = {id: value(text) for id, text in ADDRESSES.items()} if endpoints is None else endpoints
    whole = {"AWSPolicyFormatVersion": version, "RecordType": type, "StartRule": start, "Endpoints": endpoints}
    return json.dumps({k: v for k, v in (whole | {"Rules": rules or {}} | more).items() if v is not None})


def at_endpoint(reference="a", **more):
    """Returns a document without rules."""
    return document(**({"StartRule": None, "StartEndpoint": reference} | more))


def failover(primary, secondary):
    return {"RuleType": "failover", "Primary": primary, "Secondary": secondary}


def weighted(*items):
    return {"RuleType": "weighted", "Items": list(items)}


def latency(*items):
    return {"RuleType": "latency", "Regions": list(items)}


def geo(*items):
    return {"RuleType": "geo", "Locations": list(items)}


def geoproximity(*items):
    return {"RuleType": "geoproximity", "GeoproximityLocations": list(items)}


def multivalue(*items):
    return {"RuleType": "multivalue", "Items": list(items)}


def make_policy(aws, text, name="policy"):
    """Creates a policy and returns its id."""
    return aws.call("CreateTrafficPolicy", Name=name, Document=text)["TrafficPolicy"]["Id"]


def make_instance(aws, policy, zone, name="www.example.test", *, ttl=30, version=1):
    """Creates an instance and returns its id."""
    wanted = {"TrafficPolicyId": policy, "TrafficPolicyVersion": version}
    made = aws.call("CreateTrafficPolicyInstance", HostedZoneId=zone, Name=name, TTL=ttl, **wanted)
    return made["TrafficPolicyInstance"]["Id"]
