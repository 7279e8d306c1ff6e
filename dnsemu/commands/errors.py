"""How a command says no."""


class Refusal(Exception):
    """What the user asked cannot be done, said in Route 53's words; nothing has changed."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
