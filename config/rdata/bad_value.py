"""The error that all value parsers raise."""


class BadValue(ValueError):
    """A value text that is not valid for its record type.

    `code` and `reason` are Route 53's words (`ARRDATAIllegalIPv4Address`, `Value is not a valid IPv4 address`);
    `encountered` is the wrong part; `problem` is `FATAL`, in one case `WARNING` (A175, A186).
    """

    def __init__(self, code: str, reason: str, encountered: str, problem: str = "FATAL") -> None:
        super().__init__(f"{problem} problem: {code} ({reason}) encountered with '{encountered}'")
        self.code = code
        self.reason = reason
        self.encountered = encountered
        self.problem = problem

    def plain(self, value: str) -> str:
        """Returns the error in the words of a file: the reason, and the wrong part of the value or an explanation."""
        reason = self.reason[:1].lower() + self.reason[1:] if self.reason[:2].istitle() else self.reason
        return reason if self.encountered in ("", "?", value) else f"{reason}: {self.encountered.rstrip('.')}"
