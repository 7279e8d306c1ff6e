"""Rules: what a user requires of the findings, and which rules some findings break."""

from collections.abc import Iterable, Sequence
from typing import Any

from dnsemu.what_if.finding_kinds import FindingKind

ANY_FINDING = "no-findings"
RULES = (*(f"no-{kind.value}" for kind in FindingKind), ANY_FINDING)
"""`no-KIND` forbids findings of a kind, or with it as their effect; the last one forbids every finding."""


class UnknownRule(ValueError):
    """A rule that does not exist."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"'{rule}' is no rule: write one of {', '.join(RULES)}")


def broken(rules: Sequence[str], findings: Iterable[dict[str, Any]]) -> list[str]:
    """The rules that the findings of a report break.

    Raises:
        UnknownRule: one of the rules does not exist.
    """
    for rule in rules:
        if rule not in RULES:
            raise UnknownRule(rule)
    forbidden = {f"no-{kind}" for finding in findings for kind in (finding["id"], finding["effect"]) if kind}
    return [rule for rule in dict.fromkeys(rules) if rule in forbidden or (rule == ANY_FINDING and forbidden)]
