"""Ids as the Route 53 API writes them."""


def bare_id(text: str) -> str:
    """Returns an id without the prefix that the API puts in front, such as `/hostedzone/` (A46)."""
    return text.rpartition("/")[2]
