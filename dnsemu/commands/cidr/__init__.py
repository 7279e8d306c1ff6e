"""CIDR collections: named sets of client networks for IP-based routing (A280–A288)."""
