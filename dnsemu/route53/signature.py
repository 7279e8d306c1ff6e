"""Verifies AWS signatures of version 4, in the Authorization header or in a presigned query string (A3, A29)."""

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

from dnsemu.commands.errors.requests import (
    IncompleteSignature,
    InvalidClientTokenId,
    MissingAuthenticationToken,
    RequestExpired,
    SignatureDoesNotMatch,
)

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "route53"
MAX_CLOCK_SKEW = timedelta(minutes=15)
"""Largest difference between the sender's clock and ours."""
MAX_VALIDITY_S = 7 * 24 * 3600
"""Longest validity of a presigned request."""

_SIGNED_AT = "%Y%m%dT%H%M%SZ"
_DIGITS = re.compile(r"[0-9]{1,6}")


@dataclass(frozen=True, slots=True)
class _Signature:
    """A request's signature, with the parameters that it was made with."""

    access_key: str
    scope: tuple[str, ...]
    """Date, region, service, `aws4_request`."""
    signed_headers: tuple[str, ...]
    digest: str
    signed_at: datetime
    validity: timedelta


@dataclass(frozen=True, slots=True)
class Claim:
    """A signature of a known key and of this time; the body decides whether it is right."""

    method: str
    paths: tuple[str, ...]
    """The paths that may have been signed."""
    query: str
    headers: str
    """The signed headers, one a line."""
    key: bytes
    given: _Signature

    def verify(self, body: bytes) -> None:
        """Compares the signature with that of the request.

        Raises:
            SignatureDoesNotMatch: it is another one.
        """
        payload = hashlib.sha256(body).hexdigest()
        for path in self.paths:
            names = ";".join(self.given.signed_headers)
            canonical = "\n".join((self.method, path, self.query, self.headers, names, payload))
            expected = _expected(self.key, self.given, canonical)
            if hmac.compare_digest(expected.encode(), self.given.digest.encode(errors="replace")):
                return
        raise SignatureDoesNotMatch(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details."
        )


def claimed_signature(
    credentials: Mapping[str, str], method: str, path: str, query: str, headers: Mapping[str, str], now: datetime
) -> Claim:
    """Reads a request's signature, made for any region, before the body is read.

    Args:
        credentials: secret access keys by access key id.
        path: as it was sent, not decoded.
        query: the query string as it was sent, without `?`.
        headers: a name given twice has its values joined with commas.
        now: with a time zone.
    Raises:
        MissingAuthenticationToken: there is no signature.
        IncompleteSignature: it cannot be read.
        InvalidClientTokenId: the access key is unknown.
        RequestExpired: it was made too long ago, or in the future.
        SignatureDoesNotMatch: for everything else that does not depend on the body.
    Source: A29; AWS General Reference, "Signature Version 4 signing process".
    """
    headers = _normal(headers)
    parameters = _parameters(query)
    given = _read_signature(headers, dict(parameters))
    secret = credentials.get(given.access_key)
    if secret is None:
        raise InvalidClientTokenId("The security token included in the request is invalid.")
    _check_time_and_scope(given, now)
    if "host" not in given.signed_headers or not headers.keys() >= set(given.signed_headers):
        raise SignatureDoesNotMatch("The signed headers must include host, and all of them must have been sent.")
    signed_query = "&".join(
        f"{name}={value}"
        for name, value in sorted((_encoded(n), _encoded(v)) for n, v in parameters if n != "X-Amz-Signature")
    )
    signed_headers = "".join(f"{name}:{headers[name]}\n" for name in given.signed_headers)
    return Claim(method, tuple(_paths(path)), signed_query, signed_headers, _signing_key(secret, given.scope), given)


def require_signature(query: str, headers: Mapping[str, str], now: datetime) -> None:
    """Requires that a request is signed, for this service and at this time, by whatever key.

    Args:
        query, headers, now: as for `claimed_signature`.
    Raises:
        MissingAuthenticationToken, IncompleteSignature, RequestExpired, SignatureDoesNotMatch: as there.
    """
    _check_time_and_scope(_read_signature(_normal(headers), dict(_parameters(query))), now)


def _normal(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): " ".join(value.split()) for name, value in headers.items()}


def _parameters(query: str) -> list[tuple[str, str]]:
    return [(unquote(name), unquote(value)) for name, value in _pairs(query, "&")]


def _check_time_and_scope(given: _Signature, now: datetime) -> None:
    if not -MAX_CLOCK_SKEW <= now - given.signed_at <= given.validity:
        raise RequestExpired(f"Request has expired: it was signed at {given.signed_at:{_SIGNED_AT}}.")
    if given.scope[2:] != (SERVICE, "aws4_request") or given.scope[0] != f"{given.signed_at:%Y%m%d}":
        raise SignatureDoesNotMatch(
            f"Credential should be scoped to {given.signed_at:%Y%m%d}/<region>/{SERVICE}/aws4_request."
        )


def _read_signature(headers: Mapping[str, str], parameters: Mapping[str, str]) -> _Signature:
    scheme, _, described = headers.get("authorization", "").partition(" ")
    if scheme == ALGORITHM:
        parts = {name.strip(): value.strip() for name, value in _pairs(described, ",")}
        date, valid_s = headers.get("x-amz-date", ""), str(int(MAX_CLOCK_SKEW.total_seconds()))
    elif parameters.get("X-Amz-Algorithm") == ALGORITHM:
        parts = {name: parameters.get(f"X-Amz-{name}", "") for name in ("Credential", "SignedHeaders", "Signature")}
        date, valid_s = parameters.get("X-Amz-Date", ""), parameters.get("X-Amz-Expires", "")
    else:
        raise MissingAuthenticationToken("Missing Authentication Token")
    access_key, *scope = parts.get("Credential", "").split("/")
    names = tuple(filter(None, parts.get("SignedHeaders", "").split(";")))
    try:
        signed_at = datetime.strptime(date, _SIGNED_AT).replace(tzinfo=UTC)
    except ValueError:
        raise IncompleteSignature(f"X-Amz-Date must look like 20261121T101530Z, not '{date}'.") from None
    if not (access_key and len(scope) == 4 and names and parts.get("Signature")):
        raise IncompleteSignature("Credential (with its scope), SignedHeaders and Signature must all be there.")
    if not _DIGITS.fullmatch(valid_s) or int(valid_s) > MAX_VALIDITY_S:
        raise IncompleteSignature(f"X-Amz-Expires must be 0 to {MAX_VALIDITY_S} seconds, not '{valid_s}'.")
    return _Signature(access_key, tuple(scope), names, parts["Signature"], signed_at, timedelta(seconds=int(valid_s)))


def _pairs(text: str, separator: str) -> Iterator[tuple[str, str]]:
    for pair in filter(None, text.split(separator)):
        name, _, value = pair.partition("=")
        yield name, value


def _signing_key(secret: str, scope: tuple[str, ...]) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in scope:
        key = hmac.digest(key, part.encode(errors="replace"), "sha256")
    return key


def _expected(key: bytes, given: _Signature, canonical: str) -> str:
    digest = hashlib.sha256(canonical.encode(errors="replace")).hexdigest()
    to_sign = "\n".join((ALGORITHM, f"{given.signed_at:{_SIGNED_AT}}", "/".join(given.scope), digest))
    return hmac.digest(key, to_sign.encode(errors="replace"), "sha256").hex()


def _paths(path: str) -> Iterator[str]:
    """Yields the paths that may have been signed: encoded again, doubled slashes merged (botocore) or kept (Go)."""
    yield _encoded(re.sub("//+", "/", path), safe="/")
    yield _encoded(path, safe="/")


def _encoded(text: str, safe: str = "") -> str:
    return quote(text, safe, errors="replace")
