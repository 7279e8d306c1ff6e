"""Rules across declared things: each with a stable id and Route 53's own message."""
