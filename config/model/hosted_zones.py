"""Hosted zones, public and private."""

from dataclasses import dataclass, field

from dnsemu.config.model.record_sets import HostedZoneId
from dnsemu.config.model.zone_contents import RecordSets
from dnsemu.config.names import DName


@dataclass(frozen=True, slots=True)
class HostedZone:
    """A hosted zone with all its record sets, including NS and SOA; a private one is not served to the public."""

    id: HostedZoneId
    name: DName
    record_sets: RecordSets = field(default_factory=RecordSets)
    name_servers: tuple[str, ...] = ()
    comment: str | None = None
    is_private: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.record_sets, RecordSets):  # any mapping by key is accepted
            object.__setattr__(self, "record_sets", RecordSets(self.record_sets))
