"""The fast path: answers compiled to bytes, cached until something that they read changes.

A query takes one of three ways, each slower than the one before:

1. `packet_cache`: the same packet came before, except for its id and a client cookie. One dictionary look-up, a draw if
   the answer has a choice, and the new id in front of the cached reply.
2. `answer_cache`: the packet is new, but its look-up result and client class are known: another case, other EDNS, other
   names below one wildcard, other networks in one place. The packet is parsed, and the reply's body is in the cache.
3. `dnsemu.answering`: look-up, decision and draws. The caches only hold its results.

Start at `packet_cache.PacketCache.respond`. `decision_tree` and `reply_template` hold the compiled form, `compiling`
makes it. `reads` records what an answer reads, `dependents` finds the answers that read something. May import: wire,
zone, answering, publication, query_log.
"""
