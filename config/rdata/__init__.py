"""Record types and rdata: value text to bytes when a record set is declared, and back."""
