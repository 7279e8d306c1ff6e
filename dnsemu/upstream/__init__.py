"""Upstream: queries that dnsemu itself sends or completes.

`forwarding` asks a resolver for names outside the hosted zones, `completion` follows CNAMEs and aliases that lead
there, `hosted_resolver` resolves health checks' host names from our own zones. May import: answering, publication.
"""
