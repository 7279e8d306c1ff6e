"""Traffic policies: versioned documents, and instances that answer from them at a name of a hosted zone.

Start at `policies` and `instances`, which have the operations. `document` parses a document (`fields`, `places`) into a
typed tree, `groups` turns an instance of it into groups of record sets, `published` holds what the DNS side answers
from. Nothing here decides a routing policy: `dnsemu.policies` does.
"""
