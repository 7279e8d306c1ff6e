"""How the Route 53 API behaves, as a file says it."""

from typing import Annotated, Any

from pydantic import Field, field_validator

from dnsemu.config.model.settings import ApiSettings
from dnsemu.config.shapes.base import Says, Shape, refuse
from dnsemu.config.text.durations import parse_duration

MAX_CHANGE_DELAY_S = 86_400.0


class CredentialShape(Shape):
    """An access key that requests may be signed with (A3)."""

    access_key_id: Annotated[
        str, Field(pattern=r"^[0-9A-Za-z]{1,128}$"), Says("A3", "access-key", "1 to 128 letters and digits")
    ]
    secret_access_key: Annotated[str, Field(min_length=1, max_length=256), Says("A3", "secret", "the key's secret")]


class ApiShape(Shape):
    """Who may call the Route 53 API, and how it answers."""

    credentials: list[CredentialShape] | None = None
    change_delay: str | float | None = None
    strict: bool | None = None
    quotas: bool | None = None

    @field_validator("change_delay", mode="before", json_schema_input_type=str | None)
    @classmethod
    def _delay(cls, value: Any) -> Any:
        """A duration in words, as seconds (R43)."""
        if value is None:
            return None
        try:
            delay_s = parse_duration(value) if isinstance(value, str) else -1.0
        except ValueError as error:
            message, _, instead = str(error).rpartition(": write ")
            raise refuse("change-delay", "R43", message, f"write {instead}") from None
        if not 0 <= delay_s <= MAX_CHANGE_DELAY_S:
            raise refuse("change-delay", "R43", f"{value!r} is no delay", "write a duration from 0s to 1d, such as 45s")
        return delay_s

    def declared(self, before: ApiSettings) -> ApiSettings:
        """The settings with what is written here."""
        credentials = before.credentials
        if self.credentials is not None:
            credentials = tuple((given.access_key_id, given.secret_access_key) for given in self.credentials)
        return ApiSettings(
            credentials,
            float(self.change_delay) if self.change_delay is not None else before.change_delay_s,
            before.is_strict if self.strict is None else self.strict,
            before.has_quotas if self.quotas is None else self.quotas,
        )
