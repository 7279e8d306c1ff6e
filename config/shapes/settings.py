"""The sections `server` and `api`."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from ipaddress import ip_network
from typing import Annotated, Any, ClassVar

from pydantic import Field, field_validator

from dnsemu.config.errors import message_and_instead
from dnsemu.config.model.settings import ApiSettings, RateLimit, ServerSettings, VantagePoint
from dnsemu.config.shapes.about import Notation, about
from dnsemu.config.shapes.base import Hint, Shape, refuse
from dnsemu.config.shapes.geo import PlaceShape
from dnsemu.config.shapes.networks import client_network
from dnsemu.config.text.addresses import EXAMPLE_DNS_PORT, EXAMPLE_HTTP_PORT, parse_address
from dnsemu.config.text.durations import duration_text, parse_duration
from dnsemu.config.text.rates import parse_rate

MAX_CHANGE_DELAY_S = 86_400.0

_SERVER = ServerSettings()
_API = ApiSettings()


class VantagePointShape(PlaceShape):
    """An additional address to listen on, and the place of its clients."""

    dns: Annotated[str, Notation.ADDRESS_AND_PORT, about("The address to listen on for DNS, over UDP and TCP.")]

    @field_validator("dns")
    @classmethod
    def _address(cls, value: str) -> str:
        return _check_address(value)


class ServerShape(Shape):
    """Addresses to listen on, hosts allowed in requests, and options of serving."""

    REFUSED_FIELDS: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("port", "listen", "address", "bind"), 'write dns: "127.0.0.1:1053", or http: "127.0.0.1:8053"'
    )

    dns: Annotated[
        list[str] | None, Notation.ADDRESS_AND_PORT,
        about("The addresses to listen on for DNS, over UDP and TCP; `127.0.0.1:1053` if left out."),
    ] = None  # fmt: skip
    http: Annotated[
        str | None, Notation.ADDRESS_AND_PORT,
        about("The address to listen on for the Route 53 API and the commands; `127.0.0.1:8053` if left out."),
    ] = None  # fmt: skip
    allowed_hosts: Annotated[
        list[str] | None,
        about(
            "Host names that HTTP requests may use for this server, besides addresses and local names.",
            default=list(_SERVER.allowed_hosts),
        ),
    ] = None
    explain_over_dns: Annotated[
        bool | None,
        about("`true` answers TXT queries for `NAME._explain` with explanations.", default=_SERVER.explain_over_dns),
    ] = None
    vantage_points: Annotated[
        list[VantagePointShape] | None,
        about(
            "Further addresses to listen on for DNS: clients that ask there are at the place given.",
            "R128",
            default=list(_SERVER.vantage_points),
        ),
    ] = None
    scale_ttls: Annotated[
        bool | None,
        about("`true` divides the TTLs in answers by the speed of the emulator's clock.", default=_SERVER.scale_ttls),
    ] = None
    force_file: Annotated[
        str | None, Field(pattern=r"^[^\x00]+$"), Hint("", "force-file", "the path of a file"), Notation.PATH,
        about("A file of forced statuses, which is read again when it changes."),
    ] = None  # fmt: skip
    query_log: Annotated[
        str | None,
        Field(pattern=r"^[^\x00]+$"),
        Hint("R204", "query-log", "the path of a file, or - for standard output"),
        Notation.PATH,
        about("The file that each query to a hosted zone is logged to; `-` is standard output."),
    ] = None

    forward_for: Annotated[
        list[str] | None, Notation.NETWORK,
        about(
            "Networks whose clients may have queries forwarded upstream, besides loopback and private networks.",
            default=list(_SERVER.forward_for),
        ),
    ] = None  # fmt: skip
    forward_rate_limit: Annotated[
        str | None, Hint("", "rate-limit", "a rate such as 20/s or 300/m"), Notation.RATE,
        about("Forwarded queries of one client beyond this rate are answered REFUSED; left out, there is no limit."),
    ] = None  # fmt: skip

    token: Annotated[
        str | None,
        Field(pattern=r"^[\x21-\x7e]+$"),
        Hint("", "token", "visible ASCII characters without spaces"),
        about("The token that control calls must send, as `Authorization: Bearer TOKEN`; left out, none is asked for."),
    ] = None

    @field_validator("dns", mode="before", json_schema_input_type=list[str] | str | None)
    @classmethod
    def _one_or_more(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else _not_a_port(value)

    @field_validator("dns")
    @classmethod
    def _addresses(cls, value: list[str] | None) -> list[str] | None:
        return [_check_address(text) for text in value] if value is not None else None

    @field_validator("http", mode="before", json_schema_input_type=str | None)
    @classmethod
    def _no_number(cls, value: Any) -> Any:
        return _not_a_port(value)

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


def _not_a_port(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 65535:
        raise refuse("listen-address", "", f"{value} has no IP address", f'write "127.0.0.1:{value}"')
    return value


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
        str, Field(pattern=r"^[0-9A-Za-z_]{1,128}$"), Hint("A3", "access-key", "1 to 128 letters, digits and _"),
        about("The id of the access key."),
    ]  # fmt: skip
    secret_access_key: Annotated[
        str, Field(min_length=1, max_length=256), Hint("A3", "secret", "the key's secret"),
        about("The secret of the access key, which clients sign with."),
    ]  # fmt: skip


class ApiShape(Shape):
    """Credentials and options of the Route 53 API."""

    credentials: Annotated[
        list[CredentialShape] | None,
        about(
            "Access keys, one of which requests have to be signed with; none accepts every request.", "A3", default=[]
        ),
    ] = None
    change_delay: Annotated[
        str | float | None, Notation.DURATION,
        about(
            f"The time from a change by the API until DNS answers it: at most {duration_text(MAX_CHANGE_DELAY_S)}.",
            "R43",
            default=duration_text(_API.change_delay_s),
        ),
    ] = None  # fmt: skip
    strict: Annotated[
        bool | None,
        about("`true` also refuses what Route 53 refuses but a laptop needs.", default=_API.is_strict),
    ] = None
    quotas: Annotated[
        bool | None, about("`true` applies the quotas of an AWS account; left out, it is as `strict`.")
    ] = None
    rate_limit: Annotated[
        str | None, Hint("A360", "rate-limit", "a rate such as 5/s or 300/m"), Notation.RATE,
        about("Requests beyond this rate get the error `Throttling`; left out, there is no limit."),
    ] = None  # fmt: skip

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
