"""DNSSEC operations: key-signing keys and the signing state of a hosted zone (A260–A266).

Start at `key_signing_keys`, which has the operations; `key_material` computes keys and their DNS records.
"""
