"""Hosted zones with all their record sets."""

from dataclasses import dataclass, field

from dnsemu.config.model.record_sets import HostedZoneId
from dnsemu.config.model.zone_contents import RecordSets
from dnsemu.config.names import DName


@dataclass(frozen=True, slots=True)
class HostedZone:
    """A hosted zone and all its record sets, its NS and SOA among them; a private one is not served to the public."""

    id: HostedZoneId
    name: DName
    record_sets: RecordSets = field(default_factory=RecordSets)
    name_servers: tuple[str, ...] = ()
    comment: str | None = None
    is_private: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.record_sets, RecordSets):  # any mapping by key will do
            object.__setattr__(self, "record_sets", RecordSets(self.record_sets))
