"""DNS over UDP and TCP: passes packets to a `Handler` and sends the replies.

Start at `listeners.Listeners`. `sockets` binds, `udp` and `tcp` receive and send.
"""
