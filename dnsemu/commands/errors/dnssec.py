"""Errors about DNSSEC: key-signing keys and the signing state of hosted zones."""

from dnsemu.commands.errors.kinds import BadRequest, Conflict, NotFound


class DNSSECNotFound(BadRequest):
    """The hosted zone is not signed (A266)."""


class NoSuchKeySigningKey(NotFound):
    """A request names a key-signing key that the hosted zone does not have."""


class KeySigningKeyAlreadyExists(Conflict):
    """The hosted zone has a key-signing key with this name or KMS key (A262)."""


class TooManyKeySigningKeys(BadRequest):
    """The hosted zone has no room for another key-signing key (R153)."""


class InvalidKeySigningKeyName(BadRequest):
    """The text cannot be the name of a key-signing key (A262)."""


class InvalidKeySigningKeyStatus(BadRequest):
    """The status is not known, or does not allow the operation (A262, A265)."""


class InvalidKMSArn(BadRequest):
    """The text is not the ARN of a KMS key in us-east-1 (A262)."""


class KeySigningKeyInUse(BadRequest):
    """The last active key of a signed zone stays active (A265)."""


class KeySigningKeyWithActiveStatusNotFound(BadRequest):
    """A zone without an active key cannot be signed (A266)."""


class KeySigningKeyInParentDSRecord(BadRequest):
    """The parent zone has a DS record for the key."""


class InvalidSigningStatus(BadRequest):
    """The signing state of the hosted zone does not allow the operation."""
