"""Record types and rdata: value text to bytes when a record set is declared, and back.

Start with `parsing.py` (text to bytes) and `text.py` (bytes to text). Imports only `config.names`.
"""
