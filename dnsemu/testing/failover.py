"""The assertion that a name fails over in time: breaks endpoints, and watches the answers until they have moved."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from dnsemu.testing.answers import shares_of, split_text
from dnsemu.testing.control import ControlClient, Refused
from dnsemu.testing.durations import seconds_text

LONGEST_DETECTION_S = 600.0
"""Emulated seconds after which an endpoint that was not found unhealthy never will be: ten probes, 30 s apart, that
time out, and room for calculated checks."""

Question = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class AnswersAt:
    """The answers at a time: seconds since the fault, shares by value, and the longest TTL."""

    at_s: float
    shares: Mapping[str, Fraction]
    ttl_s: int


class Rehearsal:
    """Fails a pattern and watches the answers to one question."""

    def __init__(self, control: ControlClient, question: Question, pattern: str) -> None:
        self._control = control
        self._question = question
        self._pattern = pattern
        self._start_s = 0.0
        self._warning = ""
        self.moments: list[AnswersAt] = []

    def run(self, within_s: float) -> None:
        """Fails the pattern, and lets time pass until all statuses have followed, or no longer can.

        If the pattern fails already, it is healed first, and its statuses recover.

        Raises:
            Refused: the pattern matches nothing, or the question cannot be read.
        """
        self._recover()
        self._start_s = self._now_s()
        before = self._moment()
        found = self._control.post("endpoint-faults", {"pattern": self._pattern, "how": "refuse"})
        self._warning = found["warning"] or ""
        self.moments = [before, self._moment()]
        waiting = set(found["failing"])
        end_s = max(within_s, LONGEST_DETECTION_S)
        while waiting and (left_s := end_s - self.moments[-1].at_s) > 0:
            waiting -= self._step(left_s)
            self.moments.append(self._moment())

    @property
    def before(self) -> AnswersAt:
        """The answers before the fault."""
        return self.moments[0]

    @property
    def after(self) -> AnswersAt:
        """The answers in the end."""
        return self.moments[-1]

    @property
    def moved_at_s(self) -> float:
        """The seconds after the fault since which the answers have been those of the end."""
        at_s = self.after.at_s
        for moment in reversed(self.moments[1:]):
            if moment.shares != self.after.shares:
                break
            at_s = moment.at_s
        return at_s

    def judge(self, name: str, within_s: float, explanation: str) -> float:
        """Returns the seconds from the fault until the last client has moved, the TTL included.

        Raises:
            AssertionError: it is later than `within_s`, or never; the message says why.
        """
        before, after, type_ = split_text(self.before.shares), split_text(self.after.shares), self._question["type"]
        warning = f"  note: {self._warning}\n" if self._warning else ""
        if not self.after.shares:
            raise AssertionError(
                f"{name} {type_} answers nothing once {self._pattern} fails\n"
                f"  before: {before}\n{warning}\n{explanation}"
            )
        if self.after.shares == self.before.shares:
            waited = seconds_text(self.after.at_s)
            raise AssertionError(
                f"{name} {type_} never moves when {self._pattern} fails (watched for {waited})\n"
                f"  before and after: {before}\n{warning}\n{explanation}"
            )
        took_s = self.moved_at_s + self.before.ttl_s
        if took_s > within_s:
            raise AssertionError(
                f"{name} {type_} moves {seconds_text(took_s)} after {self._pattern} fails, and not within "
                f"{seconds_text(within_s)}\n"
                f"  until DNS answers otherwise: {seconds_text(self.moved_at_s)}\n"
                f"  until resolvers ask again:   {self.before.ttl_s}s (TTL)\n"
                f"  before: {before}\n  after:  {after}\n{warning}\n{explanation}"
            )
        return took_s

    def _recover(self) -> None:
        """Heals the pattern if it fails, and waits until its statuses have recovered."""
        failing = set(self._control.get("endpoint-faults")["failing"])
        try:
            healed = self._control.post("endpoint-faults/heal", {"pattern": self._pattern})
        except Refused as refused:
            if "fails on purpose" not in str(refused):
                raise
            return
        waiting, left_s = failing - set(healed["failing"]), LONGEST_DETECTION_S
        waiting = {check for check in waiting if self._control.get(f"health-checks/{check}")["observed"] == "unhealthy"}
        while waiting and left_s > 0:
            before_s = self._now_s()
            waiting -= self._step(left_s)
            left_s -= self._now_s() - before_s

    def _step(self, by_s: float) -> set[str]:
        """Lets time pass until a status changes; returns the health checks that changed."""
        done = self._control.post("clock", {"do": "advance", "by": by_s, "until": "change"})
        return {change["check"] for change in done["changes"]}

    def _now_s(self) -> float:
        return float(self._control.get("clock")["now_s"])

    def _moment(self) -> AnswersAt:
        found = self._control.get("explain", self._question)
        ttl_s = max((answer["ttl"] for answer in found["answers"]), default=0)
        return AnswersAt(self._now_s() - self._start_s, shares_of(found), ttl_s)
