"""DNSSEC operations: key-signing keys and the signing state of a zone (A260–A266)."""
