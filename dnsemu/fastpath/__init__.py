"""Answers compiled to bytes, and kept until something that they read changes.

A question takes one of three ways, each slower than the one before:

1. `packets`: the same bytes came before, but for the message id and a client's cookie. One dictionary look-up, one
   throw of the dice if there is a choice, and the id goes in front of the reply.
2. `answers`: other bytes, but what was found and the client's class are as before: other case, other EDNS, other names
   below one wildcard, other networks in one place. The packet is parsed, and the body of the reply is there.
3. `dnsemu.resolution` and `dnsemu.answer`: look-up, decision, throws. Whatever those two come to is what the other two
   remember: they decide nothing themselves.

`reads` watches the third at work, so that a change drops exactly the answers that read what changed.
"""
