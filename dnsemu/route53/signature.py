"""AWS's signature, version 4, verified: in the Authorization header or in a presigned query string (A3, A29)."""

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
TOLERANCE = timedelta(minutes=15)
"""How far the sender's clock may be off."""
LONGEST_VALIDITY_S = 7 * 24 * 3600
"""How long a presigned request may be good for."""

_SIGNED_AT = "%Y%m%dT%H%M%SZ"
_DIGITS = re.compile(r"[0-9]{1,6}")


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a request says about its own signature."""

    access_key: str
    scope: tuple[str, ...]
    """Date, region, service, `aws4_request`."""
    signed_headers: tuple[str, ...]
    signature: str
    signed_at: datetime
    validity: timedelta


def verify_signature(
    credentials: Mapping[str, str],
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
) -> None:
    """Verify a request's signature, made for any region.

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
        SignatureDoesNotMatch: for everything else.
    Source: A29; AWS General Reference, "Signature Version 4 signing process".
    """
    headers = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    parameters = [(unquote(name), unquote(value)) for name, value in _pairs(query, "&")]
    claim = _read_claim(headers, dict(parameters))
    secret = credentials.get(claim.access_key)
    if secret is None:
        raise InvalidClientTokenId("The security token included in the request is invalid.")
    if not -TOLERANCE <= now - claim.signed_at <= claim.validity:
        raise RequestExpired(f"Request has expired: it was signed at {claim.signed_at:{_SIGNED_AT}}.")
    if claim.scope[2:] != (SERVICE, "aws4_request") or claim.scope[0] != f"{claim.signed_at:%Y%m%d}":
        raise _no_match(f"Credential should be scoped to {claim.signed_at:%Y%m%d}/<region>/{SERVICE}/aws4_request.")
    if "host" not in claim.signed_headers or not headers.keys() >= set(claim.signed_headers):
        raise _no_match("The signed headers must include host, and all of them must have been sent.")
    signed_query = "&".join(
        f"{name}={value}"
        for name, value in sorted((_encoded(n), _encoded(v)) for n, v in parameters if n != "X-Amz-Signature")
    )
    signed_headers = "".join(f"{name}:{headers[name]}\n" for name in claim.signed_headers)
    payload = hashlib.sha256(body).hexdigest()
    key = _signing_key(secret, claim.scope)
    for signed_path in _paths(path):
        canonical = "\n".join(
            (method, signed_path, signed_query, signed_headers, ";".join(claim.signed_headers), payload)
        )
        expected = _signature(key, claim, canonical)
        if hmac.compare_digest(expected.encode(), claim.signature.encode(errors="replace")):
            return
    raise _no_match(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
        "Key and signing method. Consult the service documentation for details."
    )


def _read_claim(headers: Mapping[str, str], parameters: Mapping[str, str]) -> _Claim:
    scheme, _, described = headers.get("authorization", "").partition(" ")
    if scheme == ALGORITHM:
        parts = {name.strip(): value.strip() for name, value in _pairs(described, ",")}
        date, valid_s = headers.get("x-amz-date", ""), str(int(TOLERANCE.total_seconds()))
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
        raise _incomplete(f"X-Amz-Date must look like 20261121T101530Z, not '{date}'.") from None
    if not (access_key and len(scope) == 4 and names and parts.get("Signature")):
        raise _incomplete("Credential (with its scope), SignedHeaders and Signature must all be there.")
    if not _DIGITS.fullmatch(valid_s) or int(valid_s) > LONGEST_VALIDITY_S:
        raise _incomplete(f"X-Amz-Expires must be 0 to {LONGEST_VALIDITY_S} seconds, not '{valid_s}'.")
    return _Claim(access_key, tuple(scope), names, parts["Signature"], signed_at, timedelta(seconds=int(valid_s)))


def _pairs(text: str, separator: str) -> Iterator[tuple[str, str]]:
    for pair in filter(None, text.split(separator)):
        name, _, value = pair.partition("=")
        yield name, value


def _signing_key(secret: str, scope: tuple[str, ...]) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in scope:
        key = hmac.digest(key, part.encode(errors="replace"), "sha256")
    return key


def _signature(key: bytes, claim: _Claim, canonical: str) -> str:
    digest = hashlib.sha256(canonical.encode(errors="replace")).hexdigest()
    to_sign = "\n".join((ALGORITHM, f"{claim.signed_at:{_SIGNED_AT}}", "/".join(claim.scope), digest))
    return hmac.digest(key, to_sign.encode(errors="replace"), "sha256").hex()


def _paths(path: str) -> Iterator[str]:
    """The path as it may have been signed: encoded once more, with doubled slashes made one (botocore) or left (Go)."""
    yield _encoded(re.sub("//+", "/", path), safe="/")
    yield _encoded(path, safe="/")


def _encoded(text: str, safe: str = "") -> str:
    return quote(text, safe, errors="replace")


def _incomplete(message: str) -> IncompleteSignature:
    return IncompleteSignature(message)


def _no_match(message: str) -> SignatureDoesNotMatch:
    return SignatureDoesNotMatch(message)
