"""From observations to one checker's vote: it takes as many results in a row to change it, either way."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Streak:
    """A checker's vote, and how many results in a row have spoken against it.

    A new checker votes healthy (H66) and is not reporting: it is left out of the quorum until its first result (H65).
    """

    is_healthy: bool = True
    against: int = 0
    is_reporting: bool = False

    def fold(self, success: bool, threshold: int) -> "Streak":
        """The streak after one more result.

        Args:
            threshold: results of the other kind in a row that change the vote, 1–10; a single result of the vote's
                own kind starts the count again (H64).
        """
        if success is self.is_healthy:
            return Streak(self.is_healthy, 0, True)
        if self.against + 1 >= threshold:
            return Streak(success, 0, True)
        return Streak(self.is_healthy, self.against + 1, True)

    def restarted(self) -> "Streak":
        """The same vote with the count at zero: what an endpoint's change leaves of it (H102)."""
        return Streak(self.is_healthy, 0, self.is_reporting)
