"""Views: the origin of a query decides which catalog answers it. Today all views share one catalog."""

from typing import NamedTuple


class View(NamedTuple):
    """An origin of queries: the public internet, a vantage point, or a VPC subnet.

    Each listener has one; a query belongs to the view of the listener that received it.
    """

    name: str


PUBLIC = View("public")
"""The public internet."""
