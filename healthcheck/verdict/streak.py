"""From results to a checker's vote: it changes after a number of opposite results in a row."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Streak:
    """A checker's vote, and the number of opposite results in a row.

    A new checker votes healthy (H66) but is not reporting: the quorum leaves it out until its first result (H65).
    """

    is_healthy: bool = True
    opposite: int = 0
    is_reporting: bool = False

    def after(self, *, success: bool, threshold: int) -> "Streak":
        """The streak after one more result.

        Args:
            success: True if the probe succeeded.
            threshold: opposite results in a row that change the vote, 1–10. One result that agrees with the vote resets
                the count (H64).
        """
        if success is self.is_healthy:
            return Streak(self.is_healthy, is_reporting=True)
        if self.opposite + 1 >= threshold:
            return Streak(success, is_reporting=True)
        return Streak(self.is_healthy, self.opposite + 1, is_reporting=True)

    def restarted(self) -> "Streak":
        """The same vote with the count at zero, for an endpoint that was changed (H102)."""
        return Streak(self.is_healthy, is_reporting=self.is_reporting)
