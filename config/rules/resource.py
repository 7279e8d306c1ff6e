"""Rules for AWS resources: health checks of targets exist, and no resource lies in a hosted zone."""

from collections.abc import Collection, Iterator

from dnsemu.config import names
from dnsemu.config.errors import Problem
from dnsemu.config.model.resources import Resource
from dnsemu.config.names import DName
from dnsemu.config.rules.health_check import missing_check


def resource_problems(resource: Resource, check_ids: Collection[str], zones: Collection[DName]) -> Iterator[Problem]:
    """Yields problems of a resource with what else is declared.

    Args:
        resource: the resource.
        check_ids: the ids of all health checks.
        zones: the names of all hosted zones.
    """
    for index, target in enumerate(resource.targets):
        yield from missing_check(target.health_check_id, check_ids, ("targets", index, "health_check_id"))
    zone = next((ancestor for ancestor in names.ancestors(resource.name) if ancestor in zones), None)
    if zone is not None:
        message = f"{names.display(resource.name)} lies in the hosted zone {names.display(zone)}"
        instead = "write the resource's own DNS name, or declare record sets there"
        yield Problem("resource-in-zone", "R106", message, instead, ("dns_name",))
