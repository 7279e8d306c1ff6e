"""The view that a query comes from. It decides which catalog answers: today there is one catalog for all views."""

from typing import NamedTuple


class View(NamedTuple):
    """An origin of queries: the public internet, a vantage point, or a VPC subnet.

    Each listener has one; a query belongs to the view of the listener that received it.
    """

    name: str


PUBLIC = View("public")
"""The public internet."""
