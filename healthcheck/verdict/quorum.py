"""From votes to a status: the 18 % rule, then disabling and inversion."""

HEALTHY_SHARE_PERCENT = 18
"""An endpoint is healthy while more than this share of its reporting checkers says so; AWS may change it (H70)."""


def is_quorate(healthy: int, reporting: int) -> bool:
    """Whether the votes make an endpoint healthy: strictly more than 18 %, or nobody has reported yet (H70, H71).

    Args:
        healthy: reporting checkers that vote healthy.
        reporting: checkers with at least one result (H65).
    """
    return not reporting or healthy * 100 > reporting * HEALTHY_SHARE_PERCENT


def is_effective(raw: bool, *, inverted: bool, disabled: bool) -> bool:
    """What counts in the end: disabled pins the raw status to healthy, inversion comes last (H72–H74)."""
    return (raw or disabled) is not inverted
