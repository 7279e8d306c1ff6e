"""Rules across declared things, each with a stable id and Route 53's message.

Start with `hosted_zone.py`: `insertion_problems` checks a record set against its zone. Functions yield `Problem`s and
change nothing. Imports `config.names`, `errors`, `rdata`, `model`, `aws` and `shapes`.
"""
