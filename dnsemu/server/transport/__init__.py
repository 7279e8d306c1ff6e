"""DNS over UDP and TCP: bytes go to a `Respond` function, and what it returns is sent back. Nothing is decided here."""
