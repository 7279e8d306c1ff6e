"""HTTP/1.1 as health checks use it: the request's bytes, and what a response's bytes say about the endpoint.

Start at `response.Response`: it takes bytes as they arrive, and its results depend on the bytes alone, never on where
the network cut them. `head` reads status line and headers, `framing` finds the body, `search` searches it. Pure: no
sockets. Imports `config`.
"""
