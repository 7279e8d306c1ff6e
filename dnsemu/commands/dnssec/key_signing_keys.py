"""Operations on the key-signing keys and the signing state of public hosted zones (A260–A266)."""

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass, replace

from dnsemu.commands.context import Context, Request, Response, utc
from dnsemu.commands.dnssec.key_material import ALGORITHM, DIGEST_TYPE, DnsKey, private_key, public_key
from dnsemu.commands.errors.dnssec import (
    DNSSECNotFound,
    InvalidKeySigningKeyName,
    InvalidKeySigningKeyStatus,
    InvalidKMSArn,
    KeySigningKeyAlreadyExists,
    KeySigningKeyInUse,
    KeySigningKeyWithActiveStatusNotFound,
    NoSuchKeySigningKey,
    TooManyKeySigningKeys,
)
from dnsemu.commands.errors.requests import InvalidArgument
from dnsemu.commands.hosted_zones.hosted_zones import BASE_URL, existing_zone
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.state.step import Step
from dnsemu.state.tables import Table

MAX_KEYS = 2
"""Key-signing keys of one hosted zone (R153)."""

_KEY_NAME = re.compile(r"[A-Za-z0-9_.-]{3,128}")
_KMS_KEY = re.compile(r"arn:aws[a-z-]*:kms:us-east-1:[0-9]{12}:key/[A-Za-z0-9-]+")


@dataclass(frozen=True, slots=True)
class KmsKeyRow:
    """A key pair of the key management service: private key in hexadecimal, public key in base64 as in DNSKEY."""

    private_key: str
    public_key: str


KMS_KEYS = Table("kms_keys", KmsKeyRow)
"""By ARN. They outlive the key-signing keys that use them, as in AWS, so that a DS record stays valid (R153)."""


@dataclass(frozen=True, slots=True)
class KeySigningKeyRow:
    """A key-signing key; `status` is ACTIVE or INACTIVE, times are seconds since the epoch."""

    kms_arn: str
    status: str
    created_at: float
    modified_at: float


KEY_SIGNING_KEYS = Table("key_signing_keys", KeySigningKeyRow)
"""By zone id and name."""


@dataclass(frozen=True, slots=True)
class DnssecRow:
    """A signed hosted zone; `serve_signature` is SIGNING. A zone that is not signed has no row (A261)."""

    serve_signature: str


DNSSEC = Table("dnssec", DnssecRow)
"""By zone id."""


def is_signing(step: Step, zone_id: str) -> bool:
    """True if a hosted zone is signed; it then cannot be deleted (A92)."""
    return step.get(DNSSEC, zone_id) is not None


def keys_of(step: Step, zone_id: str) -> dict[str, KeySigningKeyRow]:
    """Returns a hosted zone's key-signing keys by name, oldest first; a zone with keys cannot be deleted (A92)."""
    keys = {name: row for (owner, name), row in step.all(KEY_SIGNING_KEYS) if owner == zone_id}
    return dict(sorted(keys.items(), key=lambda item: (item[1].created_at, item[0])))


# --- zones ---


def get_dnssec(request: Request, step: Step, context: Context) -> Response:
    """Returns the signing state of a zone, and its keys (A260)."""
    zone = _public_zone(step, request["HostedZoneId"])
    return {
        "Status": {"ServeSignature": "SIGNING" if is_signing(step, zone.id) else "NOT_SIGNING"},
        "KeySigningKeys": [_to_api(step, zone, name, key) for name, key in keys_of(step, zone.id).items()],
    }


def enable_hosted_zone_dnssec(request: Request, step: Step, context: Context) -> Response:
    """Turns signing of a zone on; it needs an active key (A266)."""
    zone = _public_zone(step, request["HostedZoneId"])
    if not _active_keys(step, zone):
        raise KeySigningKeyWithActiveStatusNotFound(
            f"Hosted zone with ID '{zone.id}' does not have a Key Signing Key in ACTIVE status.",
        )
    step.put(DNSSEC, zone.id, row=DnssecRow("SIGNING"))
    return {"ChangeInfo": context.change(step)}


def disable_hosted_zone_dnssec(request: Request, step: Step, context: Context) -> Response:
    """Turns signing of a zone off; its keys stay as they are (A266)."""
    zone = _public_zone(step, request["HostedZoneId"])
    if not is_signing(step, zone.id):
        raise DNSSECNotFound(f"Hosted zone with ID '{zone.id}' is not signed.")
    step.drop(DNSSEC, zone.id)
    return {"ChangeInfo": context.change(step)}


# --- keys ---


def create_key_signing_key(request: Request, step: Step, context: Context) -> Response:
    """Creates a key in a zone; every KMS key in us-east-1 counts as existing (A262)."""
    zone, name = _public_zone(step, request["HostedZoneId"]), request["Name"]
    arn, status = request["KeyManagementServiceArn"], request["Status"]
    if not _KEY_NAME.fullmatch(name):
        message = f"The name of a Key Signing Key has 3 to 128 letters, digits, _, - and ., but found '{name}'."
        raise InvalidKeySigningKeyName(message)
    if not _KMS_KEY.fullmatch(arn):
        message = f"A KMS key is needed, arn:aws:kms:us-east-1:<account>:key/<id>, but found '{arn}'."
        raise InvalidKMSArn(message)
    if status not in ("ACTIVE", "INACTIVE"):
        message = f"The status of a new Key Signing Key is ACTIVE or INACTIVE, but found '{status}'."
        raise InvalidKeySigningKeyStatus(message)
    keys = keys_of(step, zone.id)
    if name in keys or any(key.kms_arn == arn for key in keys.values()):
        raise KeySigningKeyAlreadyExists(
            "Key Signing Key with the same Name and/or KMS ARN already exist. Please make sure the Key Signing Key "
            "name and KMS ARN parameters of this request are not being used by another Key Signing Key in this Hosted "
            "Zone",
        )
    if len(keys) >= MAX_KEYS:
        raise TooManyKeySigningKeys(
            f"The Hosted Zone with Id {zone.id} has reached the limit of allowed Key Signing keys per Hosted Zone",
        )
    if step.get(KMS_KEYS, arn) is None:
        step.put(KMS_KEYS, arn, row=_new_kms_key(context))
    key = KeySigningKeyRow(arn, status, context.now, context.now)
    step.put(KEY_SIGNING_KEYS, zone.id, name, row=key)
    return {
        "ChangeInfo": context.change(step),
        "KeySigningKey": _to_api(step, zone, name, key),
        "Location": f"{BASE_URL}/keysigningkey/{zone.id}/{name}",
    }


def activate_key_signing_key(request: Request, step: Step, context: Context) -> Response:
    """Makes a key active; an active one stays so (A264)."""
    zone, name, key = _existing_key(request, step)
    return _change_status(step, zone, name, key, "ACTIVE", context)


def deactivate_key_signing_key(request: Request, step: Step, context: Context) -> Response:
    """Makes a key inactive, unless it is the only active key of a signed zone (A265)."""
    zone, name, key = _existing_key(request, step)
    if is_signing(step, zone.id) and _active_keys(step, zone) == [name]:
        message = f"Key Signing Key with name {name} is the only active one of hosted zone {zone.id}, which is signed."
        raise KeySigningKeyInUse(message)
    return _change_status(step, zone, name, key, "INACTIVE", context)


def delete_key_signing_key(request: Request, step: Step, context: Context) -> Response:
    """Deletes a key that is not active (A265)."""
    zone, name, key = _existing_key(request, step)
    if key.status != "INACTIVE":
        message = f"Key Signing Key with name {name} cannot be deleted because current status is not INACTIVE."
        raise InvalidKeySigningKeyStatus(message)
    step.drop(KEY_SIGNING_KEYS, zone.id, name)
    return {"ChangeInfo": context.change(step)}


def _change_status(
    step: Step, zone: HostedZone, name: str, key: KeySigningKeyRow, status: str, context: Context
) -> Response:
    if key.status != status:
        changed = replace(key, status=status, modified_at=context.now)
        step.put(KEY_SIGNING_KEYS, zone.id, name, row=changed)
    return {"ChangeInfo": context.change(step)}


def _public_zone(step: Step, zone_id: str) -> HostedZone:
    """Returns the zone of an id.

    Raises:
        NoSuchHostedZone: it does not exist.
        InvalidArgument: the zone is private (A260).
    """
    zone = existing_zone(step, zone_id)
    if zone.is_private:
        raise InvalidArgument("Operation is unsupported for private hosted zones.")
    return zone


def _existing_key(request: Request, step: Step) -> tuple[HostedZone, str, KeySigningKeyRow]:
    zone, name = _public_zone(step, request["HostedZoneId"]), request["Name"]
    key = step.get(KEY_SIGNING_KEYS, zone.id, name)
    if key is None:
        message = f"Hosted zone with ID '{zone.id}' does not have a Key Signing Key with name {name}."
        raise NoSuchKeySigningKey(message)
    return zone, name, key


def _active_keys(step: Step, zone: HostedZone) -> list[str]:
    return [name for name, key in keys_of(step, zone.id).items() if key.status == "ACTIVE"]


def _new_kms_key(context: Context) -> KmsKeyRow:
    # A UUID has 122 random bits; the key needs 256.
    private = private_key("".join(context.ids.uuid() for _ in range(3)).encode())
    return KmsKeyRow(f"{private:064x}", b64encode(public_key(private)).decode())


def _to_api(step: Step, zone: HostedZone, name: str, key: KeySigningKeyRow) -> Response:
    """Returns a KeySigningKey (A263)."""
    kms_key = step.get(KMS_KEYS, key.kms_arn)
    assert kms_key is not None, f"KMS key {key.kms_arn} is kept"
    record = DnsKey(zone.name, b64decode(kms_key.public_key))
    return {
        "Name": name,
        "KmsArn": key.kms_arn,
        "Flag": record.flags,
        "SigningAlgorithmMnemonic": "ECDSAP256SHA256",
        "SigningAlgorithmType": ALGORITHM,
        "DigestAlgorithmMnemonic": "SHA-256",
        "DigestAlgorithmType": DIGEST_TYPE,
        "KeyTag": record.key_tag,
        "DigestValue": record.digest,
        "PublicKey": kms_key.public_key,
        "DSRecord": record.ds_text,
        "DNSKEYRecord": record.dnskey_text,
        "Status": key.status,
        "CreatedDate": utc(key.created_at),
        "LastModifiedDate": utc(key.modified_at),
    }
