"""Route 53's routing policies as pure functions: who may answer, best first, and how the answers are shared.

One module a policy, one walk for them all (`decide`). It never throws dice, reads a clock or a socket,
and knows nothing of the server or of the health checker: what it needs of them is the `View` protocol.
"""
