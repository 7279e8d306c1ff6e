"""What a user demands of a name: rules that findings break."""

from collections.abc import Iterable, Sequence
from typing import Any

from dnsemu.what_if.findings import Id

ANY_FINDING = "no-findings"
RULES = (*(f"no-{id.value}" for id in Id), ANY_FINDING)
"""`no-ID` forbids findings of a kind, or with its effect; the last forbids every finding."""


class UnknownRule(ValueError):
    """A rule that there is not."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"'{rule}' is no rule: write one of {', '.join(RULES)}")


def broken(rules: Sequence[str], findings: Iterable[dict[str, Any]]) -> list[str]:
    """The rules that findings, as in a report, break.

    Raises:
        UnknownRule: one of the rules is none.
    """
    for rule in rules:
        if rule not in RULES:
            raise UnknownRule(rule)
    told = {f"no-{said}" for finding in findings for said in (finding["id"], finding["effect"]) if said}
    return [rule for rule in dict.fromkeys(rules) if rule in told or (rule == ANY_FINDING and told)]
