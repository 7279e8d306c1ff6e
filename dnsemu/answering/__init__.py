"""Answering: from a question to the reply, by look-up, decision and draw.

Start at `resolution.resolve`, which looks a question up and decides it, link by link along CNAMEs. `answer.draw` then
makes the reply: `draws` walks the decisions by random choices, `rrsets` holds the values that answer, `sections` fills
authority and additional. `dice` is the source of random numbers, `counters` counts replies. May import: wire, zone.
No sockets and no packets.
"""
