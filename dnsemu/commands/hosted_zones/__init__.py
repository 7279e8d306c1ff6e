"""Hosted zone operations, with delegation sets and query logging."""
