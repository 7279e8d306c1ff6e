"""The kinds of findings and their severities; quick to import, as the shell's completion does."""

from collections.abc import Mapping
from enum import Enum


class FindingSeverity(Enum):
    """The severities of findings."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class FindingKind(Enum):
    """The kinds of findings; a rule `no-KIND` forbids each."""

    BLACK_HOLE = "black-hole"
    MISSING_DEFAULT = "missing-geo-default"
    SINGLE_POINT = "single-point-of-failure"
    FAIL_OPEN = "fail-open"
    PRIMARY_UNCHECKED = "primary-without-check"
    HEALTH_IGNORED = "alias-ignores-target-health"
    UNCHECKED = "unchecked"
    ZERO_WEIGHT = "forgotten-zero-weight"


SEVERITY: Mapping[FindingKind, FindingSeverity] = {
    FindingKind.BLACK_HOLE: FindingSeverity.ERROR,
    FindingKind.MISSING_DEFAULT: FindingSeverity.ERROR,
    FindingKind.SINGLE_POINT: FindingSeverity.WARNING,
    FindingKind.FAIL_OPEN: FindingSeverity.WARNING,
    FindingKind.PRIMARY_UNCHECKED: FindingSeverity.WARNING,
    FindingKind.HEALTH_IGNORED: FindingSeverity.WARNING,
    FindingKind.UNCHECKED: FindingSeverity.WARNING,
    FindingKind.ZERO_WEIGHT: FindingSeverity.NOTE,
}
