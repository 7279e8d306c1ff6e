"""Upstream: queries that dnsemu sends to other resolvers, or completes with their answers.

Start at `completion`: it follows the names that lead out of the hosted zones, and joins the parts of an answer.
`forwarding` asks the upstreams and judges their replies, `exchange` sends one question to one of them, `own_addresses`
refuses an upstream that is dnsemu itself, `clients` a client that may not have queries forwarded. `hosted_resolver`
resolves host names of health checks from the hosted zones. May import: runtime, wire, zone, answering, publication.
"""
