"""The DNS server: a packet in, a reply out.

Start at `responder.Responder`; `transport/` holds the sockets. May import: answering, explain, fastpath, upstream,
query_log, publication.
"""
