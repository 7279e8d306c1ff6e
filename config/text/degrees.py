"""Coordinates in degrees as Route 53 reads and lists them (R83)."""

LATITUDE = r"[-+]?(90|[0-8]{0,1}[0-9](\.[0-9]{0,2})?)"
LONGITUDE = r"[-+]?(180|(1[0-7][0-9]|[0-9]{1,2})(\.[0-9]{0,2})?)"
"""The patterns of Route 53's schema. Nothing follows 90 and 180, not even a dot."""

Spelling = tuple[str, str]
"""Latitude and longitude as they were written."""


def degrees_text(degrees: float) -> str:
    """Formats degrees with as few digits as Route 53 takes: 49.2 is `49.2`, 1.0 is `1`."""
    return f"{degrees + 0.0:.2f}".rstrip("0").rstrip(".")  # adding 0 makes -0 0


def spelling(latitude: str, longitude: str) -> Spelling | None:
    """Returns two coordinates as they were written; None if `degrees_text` writes them so."""
    is_usual = all(degrees_text(float(text)) == text for text in (latitude, longitude))
    return None if is_usual else (latitude, longitude)
