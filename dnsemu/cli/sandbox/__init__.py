"""A server around a command: its process, and a resolver for the command that asks it.

Start at `around`. `namespaces` gives the command its own resolv.conf, whose text `resolver_files` writes; `loopback`
finds an address with a free port 53, `redirect` does without one; `processes` starts and stops the server; `signals`
waits for the command; `environment` lists the command's variables. May import nothing else of the command line.
"""
