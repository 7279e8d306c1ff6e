"""The DNS wire format: packets to queries, replies to messages.

Start at `query.parse_query` for what comes in and at `reply.Reply` and `rendering.render` for what goes out.
`protocol` holds the protocol's numbers, `qtypes` the type codes and mnemonics, `edns` the OPT record, `compression` the
writer of names and records, `handlers` the type of a function that answers packets. Imports nothing of dnsemu but
`config`; no sockets, no zones.
"""
