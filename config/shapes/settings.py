"""The sections `server` and `api`."""

from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network
from typing import Annotated, Any

from pydantic import Field, field_validator

from dnsemu.config.errors import message_and_instead
from dnsemu.config.model.settings import ApiSettings, RateLimit, ServerSettings, VantagePoint
from dnsemu.config.shapes.base import Hint, Shape, refuse
from dnsemu.config.shapes.geo import PlaceShape
from dnsemu.config.shapes.networks import client_network
from dnsemu.config.text.addresses import EXAMPLE_DNS_PORT, EXAMPLE_HTTP_PORT, parse_address
from dnsemu.config.text.durations import parse_duration
from dnsemu.config.text.rates import parse_rate

MAX_CHANGE_DELAY_S = 86_400.0


class VantagePointShape(PlaceShape):
    """An additional address to listen on, and the place of its clients."""

    dns: str

    @field_validator("dns")
    @classmethod
    def _address(cls, value: str) -> str:
        return _check_address(value)


class ServerShape(Shape):
    """Addresses to listen on, hosts allowed in requests, and options of serving."""

    dns: list[str] | None = None
    http: str | None = None
    allowed_hosts: list[str] | None = None
    explain_over_dns: bool | None = None
    vantage_points: list[VantagePointShape] | None = None
    scale_ttls: bool | None = None
    force_file: Annotated[str | None, Field(pattern=r"^[^\x00]+$"), Hint("", "force-file", "the path of a file")] = None
    query_log: Annotated[
        str | None,
        Field(pattern=r"^[^\x00]+$"),
        Hint("R204", "query-log", "the path of a file, or - for standard output"),
    ] = None

    forward_for: list[str] | None = None
    forward_rate_limit: Annotated[str | None, Hint("", "rate-limit", "a rate such as 20/s or 300/m")] = None

    @field_validator("dns", mode="before", json_schema_input_type=list[str] | str | None)
    @classmethod
    def _one_or_more(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @field_validator("dns")
    @classmethod
    def _addresses(cls, value: list[str] | None) -> list[str] | None:
        return [_check_address(text) for text in value] if value is not None else None

    @field_validator("http")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        return _check_address(value, EXAMPLE_HTTP_PORT) if value is not None else None

    @field_validator("forward_for")
    @classmethod
    def _networks(cls, value: list[str] | None) -> list[str] | None:
        return value and [str(client_network(text, "")) for text in value]

    @field_validator("forward_rate_limit")
    @classmethod
    def _rate(cls, value: str | None) -> str | None:
        return _check_rate(value, "")

    def declared(self, before: ServerSettings, resolved: Callable[[str], str]) -> ServerSettings:
        """Returns the settings with the fields that are given here replaced.

        Args:
            before: the settings so far.
            resolved: resolves a path relative to the file's folder.
        """
        given = self.model_dump(exclude_none=True)
        changes: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in given.items()
        }
        if self.vantage_points is not None:
            changes["vantage_points"] = tuple(VantagePoint(v.dns, v.declared()) for v in self.vantage_points)
        if self.forward_for is not None:
            changes["forward_for"] = tuple(map(ip_network, self.forward_for))
        if self.forward_rate_limit is not None:
            changes["forward_rate_limit"] = RateLimit(*parse_rate(self.forward_rate_limit))
        if self.force_file is not None:
            changes["force_file"] = resolved(self.force_file)
        if self.query_log is not None and self.query_log != "-":
            changes["query_log"] = resolved(self.query_log)
        return replace(before, **changes)


def _check_address(text: str, example_port: int = EXAMPLE_DNS_PORT) -> str:
    try:
        parse_address(text, example_port)
    except ValueError as error:
        raise refuse("listen-address", "", *message_and_instead(error)) from None
    return text


def _check_rate(text: str | None, rule: str) -> str | None:
    try:
        return text if text is None or parse_rate(text) else None
    except ValueError as error:
        raise refuse("rate-limit", rule, *message_and_instead(error)) from None


class CredentialShape(Shape):
    """An access key to sign requests with (A3)."""

    access_key_id: Annotated[
        str, Field(pattern=r"^[0-9A-Za-z_]{1,128}$"), Hint("A3", "access-key", "1 to 128 letters, digits and _")
    ]
    secret_access_key: Annotated[str, Field(min_length=1, max_length=256), Hint("A3", "secret", "the key's secret")]


class ApiShape(Shape):
    """Credentials and options of the Route 53 API."""

    credentials: list[CredentialShape] | None = None
    change_delay: str | float | None = None
    strict: bool | None = None
    quotas: bool | None = None
    rate_limit: Annotated[str | None, Hint("A360", "rate-limit", "a rate such as 5/s or 300/m")] = None

    @field_validator("change_delay", mode="before", json_schema_input_type=str | None)
    @classmethod
    def _delay(cls, value: Any) -> Any:
        """Converts a duration to seconds (R43)."""
        if value is None:
            return None
        try:
            delay_s = parse_duration(value) if isinstance(value, str) else -1.0
        except ValueError as error:
            raise refuse("change-delay", "R43", *message_and_instead(error)) from None
        if not 0 <= delay_s <= MAX_CHANGE_DELAY_S:
            raise refuse("change-delay", "R43", f"{value!r} is no delay", "write a duration from 0s to 1d, such as 45s")
        return delay_s

    @field_validator("rate_limit")
    @classmethod
    def _rate(cls, value: str | None) -> str | None:
        return _check_rate(value, "A360")

    def declared(self, before: ApiSettings) -> ApiSettings:
        """Returns the settings with the fields that are given here replaced; strictness turns quotas on."""
        credentials, quotas = before.credentials, self.strict or None if self.quotas is None else self.quotas
        if self.credentials is not None:
            credentials = tuple((given.access_key_id, given.secret_access_key) for given in self.credentials)
        return ApiSettings(
            credentials,
            float(self.change_delay) if self.change_delay is not None else before.change_delay_s,
            before.is_strict if self.strict is None else self.strict,
            before.has_quotas if quotas is None else quotas,
            before.rate_limit if self.rate_limit is None else RateLimit(*parse_rate(self.rate_limit)),
        )
