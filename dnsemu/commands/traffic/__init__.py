"""Traffic policies: a document becomes a typed tree, and an instance of it groups of record sets. Pure, and no policy
is decided here: that is left to `policies`.
"""
