"""DNS messages: bytes to `Query`, answers to bytes. No sockets, no zones."""
