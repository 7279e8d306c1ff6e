"""Records which resources came from a file: they are removed when files no longer name them."""

from dataclasses import dataclass

from dnsemu.state.tables import Table


@dataclass(frozen=True, slots=True)
class FileRow:
    """A resource that a file declared when files were last read."""


FROM_FILE = Table("from_file", FileRow)
"""By kind (`hosted_zone`, `health_check`, `cidr_collection`) and id."""
