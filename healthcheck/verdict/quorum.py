"""From votes to a status: the 18 % rule, then disabling and inversion."""

HEALTHY_SHARE_PERCENT = 18
"""An endpoint is healthy if more than this share of its reporting checkers vote healthy; AWS may change it (H70)."""


def is_quorate(healthy: int, reporting: int) -> bool:
    """True if the votes make an endpoint healthy: more than 18 %, or no checker has reported yet (H70, H71).

    Args:
        healthy: reporting checkers that vote healthy.
        reporting: checkers with at least one result (H65).
    """
    return not reporting or healthy * 100 > reporting * HEALTHY_SHARE_PERCENT


def is_effectively_healthy(*, raw: bool, inverted: bool, disabled: bool) -> bool:
    """True if the effective status is healthy: disabling sets the raw status to healthy, then inversion (H72–H74)."""
    return (raw or disabled) is not inverted
