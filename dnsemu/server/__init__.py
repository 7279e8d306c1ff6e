"""The DNS server: from a packet to its reply.

A packet comes in at `transport.udp.UdpListener` or `transport.tcp`, which call the handler of the listening address.
That is `dnsemu.fastpath.packet_cache.PacketCache.respond`; on a miss it calls `responder.Responder`. Start there: it
parses the query, answers it from a hosted zone or elsewhere, and returns the message.

`received_query` is a parsed query with its origin, `vantage_points` the places of listeners, `data_plane` the interface
of the processes that answer DNS, `options` the command line's choices. May import: clock,
store, wire, zone, answering, publication, explain, upstream, query_log, fastpath.
"""
