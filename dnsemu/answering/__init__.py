"""Answers: from a question to the reply, through look-up, decision and the draw.

Start at `resolution.resolve`, which looks a question up and decides it link by link along CNAMEs; `answer.throw` then
draws and fills the sections. `counters` counts replies by labels. No sockets and no packets.
May import: wire, zone.
"""
