"""What came from a file, and so goes when files no longer name it."""

from dataclasses import dataclass

from dnsemu.state.tables import Table


@dataclass(frozen=True, slots=True)
class FileRow:
    """Something that a file declared when files were read last."""


FROM_FILE = Table("from_file", FileRow)
"""By kind (`hosted_zone`, `health_check`, `cidr_collection`) and id."""
