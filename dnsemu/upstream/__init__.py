"""Upstream: queries that dnsemu sends to other resolvers, or completes with their answers.

Start at `forwarding`, which asks a resolver for names outside the hosted zones. `completion` follows CNAMEs and aliases
that lead there, `hosted_resolver` resolves host names of health checks from the hosted zones. May import: wire, zone,
answering, publication.
"""
